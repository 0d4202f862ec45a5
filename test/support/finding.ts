import type { Finding, ScanResult } from "../../src/engine/finding.ts";

/** A finding of a bakery, with what a test cares about changed. */
export function finding(changes: Partial<Finding> = {}): Finding {
  const { file = "lib/bakery/oven.ex", startLine = 3, rule = "self-call" } = changes;
  return {
    rule,
    family: "blocking",
    severity: "high",
    confidence: "proven",
    message: "Bakery.Oven calls itself.",
    file,
    startLine,
    startColumn: 5,
    endLine: startLine,
    endColumn: 20,
    module: "Bakery.Oven",
    function: "handle_call/3",
    fingerprint: `${rule}-${file}-${startLine}`,
    related: [],
    evidence: [],
    searched: [],
    fix: null,
    ...changes,
  };
}

/** A fix that puts a line into a file and takes another out, as a rule would write it out. */
export const readyFix: NonNullable<Finding["fix"]> = {
  kind: "automatic",
  title: "Ask for the state at hand",
  ready: [{ title: "Use state.heat", safe: true, files: [{ file: "lib/bakery/oven.ex", textHash: "0", edits: [{ startLine: 3, startColumn: 5, endLine: 3, endColumn: 38, newText: "state.heat" }, { startLine: 9, startColumn: 1, endLine: 9, endColumn: 1, newText: "  # cools <down>\n" }] }] }],
};

/** A scan result that holds the findings, as if one file in ten had some. */
export function scanResult(findings: readonly Finding[], changes: Partial<ScanResult> = {}): ScanResult {
  return {
    tool: "otp-audit",
    version: "0.1.0",
    root: "/bakery",
    files: { scanned: 10, withFindings: new Set(findings.map(({ file }) => file)).size, parseErrors: 0, skipped: 0 },
    rules: ["self-call", "bare-spawn"],
    durationMs: 7,
    problems: [],
    findings,
    ...changes,
  };
}
