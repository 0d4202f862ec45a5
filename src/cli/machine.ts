import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../audit/host.ts";

/** Runs a program in a folder and answers when it ends, standard output and error in one text. */
export type RunProgram = (program: string, args: readonly string[], folder: string, env: Readonly<Record<string, string>>) => { readonly code: number; readonly output: string };

/** All that the command line asks of its surroundings, besides files. */
export type Machine = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether standard output takes colours, and standard error a progress line. */
  readonly colours: boolean;
  readonly progress: boolean;
  readonly folder: string;
  readonly version: string;
  readonly hostFor: (root: string) => Host;
  readonly git: (folder: string, args: readonly string[]) => { readonly text: string } | { readonly wrong: string };
  /** Runs a program of the project's own (mix); only for what the user asked to verify. Code 127 when it is not installed. */
  readonly run: RunProgram;
  /** Today, as ISO text: only dates of reports and history show it. */
  readonly today: () => string;
};

/** What the user asked for cannot be done; the message says what to do instead. */
export class UsageError extends Error {}

export const textOfFile = (path: string): string | undefined => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

export const namesIn = (folder: string): readonly string[] => (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder).sort() : []);

/** Written beside the target and renamed, so that no reader ever sees half a file. */
export function writeWhole(path: string, text: string, wayOut: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new UsageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}. ${wayOut}`);
  }
}
