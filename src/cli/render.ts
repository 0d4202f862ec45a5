import { basename } from "node:path";
import { changesSince, checkedEntries, type Run, trendOf, type Worklog } from "../audit/history.ts";
import { ruleInfos } from "../audit/rules.ts";
import { type ScanResult, severities } from "../engine/finding.ts";
import { csvReport } from "../report/csv.ts";
import { githubReport } from "../report/github.ts";
import { gitlabReport } from "../report/gitlab.ts";
import { htmlReport } from "../report/html.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import { markdownReport } from "../report/markdown.ts";
import type { ReportOptions, Survey } from "../report/parts.ts";
import { sarifReport } from "../report/sarif.ts";
import { coloured, plain, textReport } from "../report/text.ts";
import { join } from "node:path";
import type { Output } from "./arguments.ts";
import { commitOf } from "./git-changes.ts";
import { type Machine, textOfFile } from "./machine.ts";

/** What a report shows besides the result. */
export type Background = { readonly runs: readonly Run[]; readonly worklog: Worklog; readonly exclude: readonly string[]; readonly survey: Survey };

/** A result in the format asked for. `background` is looked up only by the formats that show it. */
export function rendered(result: ScanResult, { format, output }: Output, machine: Machine, root: string, background: () => Background): string {
  switch (format) {
    case "text":
      return textReport(result, machine.colours && output === undefined ? coloured : plain);
    case "json":
      return jsonReport(result);
    case "sarif":
      return sarifReport(result, ruleInfos);
    case "markdown":
      return markdownReport(result, optionsOf(result, machine, root, background()));
    case "html":
      return htmlReport(result, optionsOf(result, machine, root, background()));
    case "gitlab":
      return gitlabReport(result);
    case "junit":
      return junitReport(result);
    case "csv":
      return csvReport(result);
    case "github":
      return githubReport(result);
  }
}

function optionsOf(result: ScanResult, machine: Machine, root: string, { runs, worklog, exclude, survey }: Background): ReportOptions {
  const last = runs.at(-1);
  const commit = commitOf(machine, root);
  const now = { label: "now", ...Object.fromEntries(severities.map((severity) => [severity, result.findings.filter((finding) => finding.severity === severity).length])) } as ReturnType<typeof trendOf>[number];
  return {
    ...survey,
    rules: ruleInfos,
    project: basename(root),
    quote: quoteFrom(root),
    date: machine.today().slice(0, 10),
    exclude,
    ...(commit === undefined ? {} : { commit }),
    ...(last === undefined ? {} : { changes: changesSince(last, result), trend: [...trendOf(runs), now] }),
    ...(worklog.entries.length === 0 ? {} : { decisions: checkedEntries(worklog, result) }),
  };
}

function quoteFrom(root: string): ReportOptions["quote"] {
  const files = new Map<string, readonly string[] | undefined>();
  return (file, from, to) => {
    if (!files.has(file)) files.set(file, textOfFile(join(root, file))?.split(/\r?\n/));
    return files.get(file)?.slice(from - 1, to);
  };
}
