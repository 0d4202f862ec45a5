import { basename } from "node:path";
import { changesSince, checkedEntries, countsIn, runsBefore, trendOf } from "../audit/history.ts";
import { lookIn } from "../audit/look.ts";
import { ruleInfos } from "../audit/rules.ts";
import { parserOf, type Scanned, surveyed } from "../audit/scan.ts";
import { testChangesOf } from "../audit/test-changes.ts";
import type { Remembered } from "../engine/comparison.ts";
import type { ScanResult } from "../engine/finding.ts";
import type { Commit, ReportOptions, TestChange } from "../report/parts.ts";
import { changedTests, commitChanging, commitOf, textAt } from "./git-changes.ts";
import { filesOf } from "./files.ts";
import { recordedRuns, worklogOf } from "./history-files.ts";
import type { Machine } from "./machine.ts";

/** Commits are looked up for this many findings that are gone; each takes git some time. */
const MOST_COMMITS = 200;

/**
 * All that a report shows besides the result: history, decisions, what git and the source say. Runs are compared by all that
 * was found, however little of it is reported. `scanned` is absent for merged results.
 */
export async function backgroundOf(reported: ScanResult, scanned: Scanned | undefined, machine: Machine, root: string, asked: { readonly exclude: readonly string[]; readonly narrowed: string | undefined }): Promise<ReportOptions> {
  const result = scanned?.result ?? reported;
  const { runs: kept, wrong } = recordedRuns(root);
  const worklog = worklogOf(root);
  const files = filesOf(root, (file) => scanned?.trees.has(file) ?? true);
  const look = lookIn(result, files);
  const commit = commitOf(machine, root);
  const runs = runsBefore(kept, result, commit);
  const changes = changesSince(runs, result, look);
  const since = runs.at(-1)?.commit?.id;
  const testChanges = scanned === undefined || since === undefined ? undefined : await testsSince(since, scanned, machine, root);
  const unread = [...(scanned === undefined ? ["Habits, modules and supervision trees were not measured: this result was put together from parts."] : []), ...wrong, ...("wrong" in worklog ? [worklog.wrong] : [])];
  for (const sentence of scanned === undefined ? [] : unread) machine.err(`${sentence}\n`);
  return {
    ...(scanned === undefined ? {} : surveyed(scanned)),
    rules: ruleInfos,
    project: basename(root),
    quote: (file, from, to) => files.lines(file)?.slice(from - 1, to),
    date: machine.today().slice(0, 10),
    exclude: asked.exclude,
    ...(asked.narrowed === undefined ? {} : { narrowed: asked.narrowed }),
    wrong: [...unread, ...(since !== undefined && scanned !== undefined && testChanges === undefined ? [`Tests were not compared with the last audit: git does not have its commit ${since.slice(0, 12)} here (in a shallow clone, fetch it).`] : [])],
    commands: commit === undefined ? [] : ["git rev-parse HEAD", "git status", ...(since === undefined ? [] : ["git diff", "git show", "git blame --reverse", "git log"])],
    ...(commit === undefined ? {} : { commit }),
    ...(changes === undefined ? {} : { changes: { ...changes, ...(since === undefined ? {} : { changedBy: commitsSince(since, machine, root, commit?.isDirty === true) }) }, trend: [...trendOf(runs), { label: "now", run: "this audit", ...countsIn(result.findings) }] }),
    ...("wrong" in worklog || worklog.entries.length === 0 ? {} : { decisions: checkedEntries(worklog, result, look) }),
    ...(testChanges === undefined ? {} : { testChanges }),
  };
}

/** Git is asked about commits only: with others beside them, a line that no commit changed may have changed all the same. */
function commitsSince(since: string, machine: Machine, root: string, isDirty: boolean): (item: Remembered) => Commit | "unchanged" | undefined {
  let left = MOST_COMMITS;
  return (item) => {
    const found = left-- > 0 ? commitChanging(machine, root, since, item) : undefined;
    return found === "unchanged" && isDirty ? undefined : found;
  };
}

/** Test files then and now; undefined where git no longer has the commit. */
async function testsSince(since: string, scanned: Scanned, machine: Machine, root: string): Promise<readonly TestChange[] | undefined> {
  const names = changedTests(machine, root, since);
  if (names === undefined) return undefined;
  const parse = await parserOf(machine.hostFor(root));
  return testChangesOf(
    names.map(({ now, old }) => {
      const before = old === undefined ? undefined : textAt(machine, root, since, old);
      return { file: now ?? old ?? "", before: before === undefined || old === undefined ? undefined : parse(old, before), after: now === undefined ? undefined : scanned.trees.get(now) };
    }),
  );
}
