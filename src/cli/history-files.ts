import { join } from "node:path";
import { emptyWorklog, type Run, readRun, readWorklog, RUNS_FOLDER, runFileOf, runText, WORKLOG_FILE, type Worklog, worklogText } from "../audit/history.ts";
import { holding, namesIn, textOfFile, UsageError, writeWhole } from "./machine.ts";

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
  const file = `${RUNS_FOLDER}/${runFileOf(run)}`;
  writeWhole(join(root, file), runText(run), "Leave --record out where the project cannot be written to.");
  return file;
}

/** The decisions of a project, or a sentence on why its file does not count. */
export function worklogOf(root: string): Worklog | { readonly wrong: string } {
  const text = textOfFile(join(root, WORKLOG_FILE));
  return text === undefined ? emptyWorklog : readWorklog(text, WORKLOG_FILE);
}

/** Changes the decisions of a project, one otp-audit at a time. A file that cannot be read is left as it is. */
export function changeWorklog(root: string, change: (worklog: Worklog) => Worklog): Worklog {
  const path = join(root, WORKLOG_FILE);
  const lost = "The decision is not kept.";
  return holding(path, lost, () => {
    const before = worklogOf(root);
    if ("wrong" in before) throw new UsageError(`${before.wrong} ${lost}`);
    const after = change(before);
    writeWhole(path, worklogText(after), lost);
    return after;
  });
}
