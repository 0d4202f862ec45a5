import * as vscode from "vscode";
import { emptyWorklog, readRun, readWorklog, type Run, RUNS_FOLDER, runFileOf, runOf, runText, WORKLOG_FILE, withEntry, type Worklog, type WorklogEntry, worklogText } from "../../audit/history.ts";
import type { FolderResult } from "../session.ts";
import { namesIn, readText, writeWhole } from "../vscode/files.ts";

/** A recorded audit and the file it is kept in. */
export type KeptRun = { readonly run: Run; readonly uri: vscode.Uri; readonly folder: vscode.WorkspaceFolder };

/** Recorded audits of a folder, oldest first, and a sentence for each file that does not count. */
export async function keptRuns(folder: vscode.WorkspaceFolder): Promise<{ readonly runs: readonly KeptRun[]; readonly wrong: readonly string[] }> {
  const runs: KeptRun[] = [];
  const wrong: string[] = [];
  const place = vscode.Uri.joinPath(folder.uri, RUNS_FOLDER);
  for (const name of (await namesIn(place)).filter((candidate) => candidate.endsWith(".json"))) {
    const uri = vscode.Uri.joinPath(place, name);
    const read = readRun((await readText(uri)) ?? "", `${RUNS_FOLDER}/${name}`);
    if ("wrong" in read) wrong.push(read.wrong);
    else runs.push({ run: read, uri, folder });
  }
  return { runs, wrong };
}

/** Decisions of a folder, or a sentence on why its worklog does not count. */
export async function worklogIn(folder: vscode.WorkspaceFolder): Promise<Worklog | { readonly wrong: string }> {
  const text = await readText(vscode.Uri.joinPath(folder.uri, WORKLOG_FILE));
  return text === undefined ? emptyWorklog : readWorklog(text, WORKLOG_FILE);
}

/** Keeps what a folder's audit found, beside those that were kept before. */
export async function keep({ folder, result }: FolderResult, commit: Parameters<typeof runOf>[2], now: Date): Promise<vscode.Uri> {
  const run = runOf(result, now.toISOString(), commit);
  const uri = vscode.Uri.joinPath(folder.uri, RUNS_FOLDER, runFileOf(run));
  await writeWhole(uri, runText(run));
  return uri;
}

/** Writes a person's decision into a folder's worklog. A worklog that cannot be read is left as it is. */
export async function decide(folder: vscode.WorkspaceFolder, entry: WorklogEntry): Promise<void> {
  const worklog = await worklogIn(folder);
  if ("wrong" in worklog) throw new Error(`${worklog.wrong} The decision is not kept.`);
  await writeWhole(vscode.Uri.joinPath(folder.uri, WORKLOG_FILE), worklogText(withEntry(worklog, entry)));
}
