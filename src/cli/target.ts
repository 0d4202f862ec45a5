import { realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { textOfFile, UsageError } from "./machine.ts";

/** The folder to scan, and the one file to report of it, if a file was asked for. */
export type Target = { readonly root: string; readonly only: string | undefined };

/** For a file, the project around it is scanned, so that its context is known, and the file alone is reported. */
export function targetOf(folder: string, typed: string): Target {
  const path = resolve(folder, typed);
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UsageError(`There is no file or folder ${typed}. Check the path, or run otp-audit scan . in the project's folder.`);
  if (info.isDirectory()) return { root: realpathSync(path), only: undefined };
  if (!/\.exs?$/.test(path)) throw new UsageError(`${typed} is no Elixir source: its name does not end in .ex or .exs. Give an Elixir file or the folder of a project.`);
  const file = realpathSync(path);
  const root = projectAround(dirname(file));
  return { root, only: relative(root, file).replaceAll("\\", "/") };
}

/** The nearest folder above with a mix.exs, or the umbrella it is an app of; without one, the folder itself. */
function projectAround(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (statSync(join(folder, "mix.exs"), { throwIfNoEntry: false }) !== undefined) return isUmbrella(dirname(dirname(folder))) ? dirname(dirname(folder)) : folder;
    if (dirname(folder) === folder) return start;
  }
}

const isUmbrella = (folder: string): boolean => /\bapps_path:/.test(textOfFile(join(folder, "mix.exs")) ?? "");
