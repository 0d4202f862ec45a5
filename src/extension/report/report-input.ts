import * as vscode from "vscode";
import { changesSince, checkedEntries, countsIn, runsBefore, trendOf } from "../../audit/history.ts";
import { lookIn } from "../../audit/look.ts";
import { ruleInfos } from "../../audit/rules.ts";
import type { ReportOptions } from "../../report/parts.ts";
import { commitOf } from "../history/commit.ts";
import { type KeptRun, keptRuns, worklogIn } from "../history/history.ts";
import type { FolderResult, Session } from "../session.ts";
import { currentText } from "../vscode/files.ts";

/** All that a folder's report shows besides its findings; `against` is a kept audit other than the last one. */
export async function reportInput(session: Session, { folder, result }: FolderResult, against?: KeptRun): Promise<ReportOptions> {
  const [survey, commit, kept, worklog] = await Promise.all([session.ask(folder, (audit) => audit.survey()), commitOf(folder), keptRuns(folder), worklogIn(folder)]);
  const all = kept.runs.map(({ run }) => run);
  const runs = runsBefore(all, result, commit);
  const before = against === undefined ? runs : all.slice(0, kept.runs.findIndex(({ uri }) => uri.toString() === against.uri.toString()) + 1);
  const entries = "wrong" in worklog ? [] : worklog.entries;
  const past = [...(before.at(-1)?.findings ?? []), ...entries].map(({ file }) => file);
  const sources = new Map<string, string | undefined>();
  for (const file of new Set([...result.findings.map((finding) => finding.file), ...past])) sources.set(file, await currentText(vscode.Uri.joinPath(folder.uri, file)).catch(() => undefined));
  const scanned = new Set(survey.scanned);
  const look = lookIn(result, { isScanned: (file) => scanned.has(file), text: (file) => sources.get(file) });
  const changes = changesSince(before, result, look);
  return {
    ...survey,
    project: folder.name,
    rules: ruleInfos,
    date: new Date().toISOString().slice(0, 10),
    quote: (file, from, to) => sources.get(file)?.split(/\r?\n/).slice(from - 1, to),
    wrong: [...kept.wrong, ...("wrong" in worklog ? [worklog.wrong] : [])],
    ...(commit === undefined ? {} : { commit }),
    ...(changes === undefined ? {} : { changes, trend: [...trendOf(runs), { label: "now", run: "this audit", ...countsIn(result.findings) }] }),
    ...(entries.length === 0 || "wrong" in worklog ? {} : { decisions: checkedEntries(worklog, result, look) }),
  };
}
