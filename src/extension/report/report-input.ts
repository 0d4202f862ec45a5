import * as vscode from "vscode";
import { changesSince, checkedEntries, trendOf } from "../../audit/history.ts";
import { ruleInfos } from "../../audit/rules.ts";
import { severities } from "../../engine/finding.ts";
import type { ReportOptions } from "../../report/parts.ts";
import { commitOf } from "../history/commit.ts";
import { type KeptRun, keptRuns, worklogIn } from "../history/history.ts";
import type { FolderResult, Session } from "../session.ts";

/** All that a folder's report shows besides its findings; `against` is a kept audit other than the last one. */
export async function reportInput(session: Session, { folder, result }: FolderResult, against?: KeptRun): Promise<ReportOptions> {
  const sources = new Map<string, readonly string[]>();
  for (const file of new Set(result.findings.map((finding) => finding.file))) sources.set(file, await linesOf(vscode.Uri.joinPath(folder.uri, file)));
  const [survey, commit, { runs }, worklog] = await Promise.all([session.ask(folder, (audit) => audit.survey()), commitOf(folder), keptRuns(folder), worklogIn(folder)]);
  const before = against ?? runs.at(-1);
  const now = { label: "now", critical: 0, high: 0, medium: 0, low: 0 };
  for (const severity of severities) now[severity] = result.findings.filter((finding) => finding.severity === severity).length;
  return {
    ...survey,
    project: folder.name,
    rules: ruleInfos,
    quote: (file, from, to) => sources.get(file)?.slice(from - 1, to),
    ...(commit === undefined ? {} : { commit }),
    ...(before === undefined ? {} : { changes: changesSince(before.run, result), trend: [...trendOf(runs.map(({ run }) => run)), now] }),
    ...(worklog === undefined || worklog.entries.length === 0 ? {} : { decisions: checkedEntries(worklog, result) }),
  };
}

/** As the editor has it, since findings follow what is typed; else as it is on disk. */
async function linesOf(uri: vscode.Uri): Promise<readonly string[]> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  try {
    return (open?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))).split(/\r?\n/);
  } catch {
    return []; // the file is gone since the scan; the report quotes nothing
  }
}
