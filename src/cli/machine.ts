import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../audit/host.ts";
import type { Analysis } from "./analysis.ts";

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
  /** Loaded at its first use. */
  readonly analysis: () => Promise<Analysis>;
  readonly git: (folder: string, args: readonly string[]) => { readonly text: string } | { readonly wrong: string };
  /** Runs a program of the project's own (mix); only for what the user asked to verify. Code 127 when it is not installed. */
  readonly run: RunProgram;
  /** Today, as ISO text: only dates of reports and history show it. */
  readonly today: () => string;
};

/** What the user asked for cannot be done; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** By its name: the analysis is loaded apart, and has a class of its own. */
export const isUsageError = (error: unknown): error is Error => error instanceof Error && error.name === "UsageError";

/** What lies at a path; undefined where nothing does, also below something that is no folder. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

export const textOfFile = (path: string): string | undefined => {
  if (statOf(path)?.isFile() !== true) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

export function namesIn(folder: string): readonly string[] {
  if (statOf(folder)?.isDirectory() !== true) return [];
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new UsageError(`${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Written beside the target and renamed, so that no reader ever sees half a file. */
export function writeWhole(path: string, text: string, wayOut: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    if (statOf(draft) !== undefined) rmSync(draft, { force: true });
    throw new UsageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}. ${wayOut}`);
  }
}

/** A lock that its owner left behind is taken over after this time. */
const STALE_MS = 30_000;
const WAIT_MS = 25;

/** Runs `act` while no other otp-audit changes `path`: what is read and written within it is never lost between two. */
export function holding<T>(path: string, wayOut: string, act: () => T): T {
  const lock = `${path}.lock`;
  mkdirFor(lock, wayOut);
  for (let waited = 0; !taken(lock, path, wayOut); waited += WAIT_MS) {
    if (waited > STALE_MS) throw new UsageError(`${path} is being changed by another otp-audit (${lock} lies there). Run this again, or delete the lock. ${wayOut}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
  try {
    return act();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string, path: string, wayOut: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw new UsageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}. ${wayOut}`);
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > STALE_MS) rmSync(lock, { force: true });
    return false;
  }
}

function mkdirFor(path: string, wayOut: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new UsageError(`${dirname(path)} cannot be written: ${error instanceof Error ? error.message : String(error)}. ${wayOut}`);
  }
}
