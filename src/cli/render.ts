import type { ScanResult } from "../engine/finding.ts";
import { csvReport } from "../report/csv.ts";
import { githubReport } from "../report/github.ts";
import { gitlabReport } from "../report/gitlab.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import type { ReportOptions } from "../report/parts.ts";
import { coloured, plain, textReport } from "../report/text.ts";
import type { Output } from "./arguments.ts";
import type { Machine } from "./machine.ts";

/** A result in the format asked for. `background`, what a report shows besides, is looked up only by the formats that show it. */
export async function rendered(result: ScanResult, { format, output }: Output, machine: Machine, background: () => Promise<ReportOptions>): Promise<string> {
  switch (format) {
    case "text":
      return textReport(result, machine.colours && output === undefined ? coloured : plain);
    case "json":
      return jsonReport(result);
    case "sarif":
    case "markdown":
    case "html":
      return (await machine.analysis()).ruleReport(result, format, background);
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
