import { ruleInfos } from "../audit/rules.ts";
import type { ScanResult } from "../engine/finding.ts";
import { htmlReport } from "../report/html.ts";
import { markdownReport } from "../report/markdown.ts";
import type { ReportOptions } from "../report/parts.ts";
import { sarifReport } from "../report/sarif.ts";

/** A result in a format that tells of the rules, too. */
export async function ruleReport(result: ScanResult, format: "sarif" | "markdown" | "html", background: () => Promise<ReportOptions>): Promise<string> {
  switch (format) {
    case "sarif":
      return sarifReport(result, ruleInfos);
    case "markdown":
      return markdownReport(result, await background());
    case "html":
      return htmlReport(result, await background());
  }
}
