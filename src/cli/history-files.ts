import { join } from "node:path";
import { emptyWorklog, type Run, readRun, readWorklog, RUNS_FOLDER, runFileOf, runText, WORKLOG_FILE, type Worklog, worklogText } from "../audit/history.ts";
import { namesIn, textOfFile, UsageError, writeWhole } from "./machine.ts";

/** Recorded audits of a project, oldest first, and a sentence for each file that does not count. */
export function recordedRuns(root: string): { readonly runs: readonly Run[]; readonly wrong: readonly string[] } {
  const runs: Run[] = [];
  const wrong: string[] = [];
  for (const name of namesIn(join(root, RUNS_FOLDER)).filter((candidate) => candidate.endsWith(".json"))) {
    const read = readRun(textOfFile(join(root, RUNS_FOLDER, name)) ?? "", `${RUNS_FOLDER}/${name}`);
    if ("wrong" in read) wrong.push(read.wrong);
    else runs.push(read);
  }
  return { runs, wrong };
}

/** Keeps an audit; answers the file's path within the project. */
export function record(root: string, run: Run): string {
  const file = `${RUNS_FOLDER}/${runFileOf(run, String(process.pid))}`;
  writeWhole(join(root, file), runText(run), "Leave --record out where the project cannot be written to.");
  return file;
}

/** The decisions of a project. A file that cannot be read is never overwritten. */
export function worklogOf(root: string): Worklog {
  const text = textOfFile(join(root, WORKLOG_FILE));
  if (text === undefined) return emptyWorklog;
  const read = readWorklog(text, WORKLOG_FILE);
  if ("wrong" in read) throw new UsageError(read.wrong);
  return read;
}

export const writeWorklog = (root: string, worklog: Worklog): void => writeWhole(join(root, WORKLOG_FILE), worklogText(worklog), "The decision is not kept.");
