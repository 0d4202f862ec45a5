import { realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { statOf, textOfFile, UsageError } from "./machine.ts";

/** Several files of one project, or one folder or file. */
export function targetsOf(folder: string, typed: readonly string[]): { readonly root: string; readonly only: readonly string[] | undefined } {
  const targets = typed.map((path) => targetOf(folder, path));
  const [first] = targets;
  if (first === undefined) throw new UsageError("scan needs a folder or a file, for example: otp-audit scan .");
  if (targets.length === 1) return { root: first.root, only: first.only === undefined ? undefined : [first.only] };
  const whole = typed.find((_, index) => targets[index]?.only === undefined);
  if (whole !== undefined) throw new UsageError(`${whole} is a folder. Give one folder, or several files of one project.`);
  const other = targets.findIndex(({ root }) => root !== first.root);
  if (other >= 0) throw new UsageError(`${typed[0]} and ${typed[other]} belong to different projects. Scan one project at a time.`);
  return { root: first.root, only: targets.flatMap(({ only }) => only ?? []) };
}

/** The folder to scan, and the one file to report of it, if a file was asked for. */
export type Target = { readonly root: string; readonly only: string | undefined };

/** For a file, the project around it is scanned, so that its context is known, and the file alone is reported. */
export function targetOf(folder: string, typed: string): Target {
  const path = resolve(folder, typed);
  const info = statOf(path);
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
    if (statOf(join(folder, "mix.exs")) !== undefined) return isUmbrella(dirname(dirname(folder))) ? dirname(dirname(folder)) : folder;
    if (dirname(folder) === folder) return start;
  }
}

const isUmbrella = (folder: string): boolean => /\bapps_path:/.test(textOfFile(join(folder, "mix.exs")) ?? "");
