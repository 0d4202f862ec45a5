import type { Fix, Log, ReportingDescriptor, Result, Run, ThreadFlowLocation } from "sarif";
import type { Remembered } from "../engine/comparison.ts";
import type { Finding, ReadyFix, ScanResult, Severity } from "../engine/finding.ts";
import type { RuleInfo } from "../engine/rule-info.ts";

const levelOf: Record<Severity, "error" | "warning" | "note"> = { critical: "error", high: "error", medium: "warning", low: "note" };
const scoreOf: Record<Severity, string> = { critical: "9.5", high: "8.0", medium: "5.0", low: "2.0" };

/** SARIF 2.1.0: rules with help, stable fingerprints, the path to each finding as a code flow, text edits as fixes, problems as notifications. */
export function sarifReport(result: ScanResult, rules: readonly RuleInfo[]): string {
  const ran = rules.filter((rule) => result.rules.includes(rule.id));
  const run: Run = {
    tool: { driver: { name: "OTP Audit", informationUri: "https://github.com/otp-audit/otp-audit", version: result.version, semanticVersion: result.version, rules: ran.map(descriptorOf) } },
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { SRCROOT: { description: { text: "The scanned folder." } } },
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: result.problems.map((problem) => ({ level: "warning", message: { text: problem.message }, ...(problem.file === undefined ? {} : { locations: [{ physicalLocation: { artifactLocation: artifact(problem.file), ...(problem.line === undefined ? {} : { region: { startLine: problem.line, startColumn: problem.column ?? 1 } }) } }] }) })) }],
    results: [
      ...result.findings.map((finding) => resultOf(finding, ran, result.known === undefined ? undefined : "new")),
      ...(result.known ?? []).map((finding) => resultOf(finding, ran, "unchanged")),
      ...(result.suppressed ?? []).map((finding) => resultOf(finding, ran, undefined)),
      ...(result.gone ?? []).map((item) => absentOf(item, ran)),
    ],
  };
  const log: Log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

const artifact = (file: string): { uri: string; uriBaseId: string } => ({ uri: encodeURI(file), uriBaseId: "SRCROOT" });

function descriptorOf(rule: RuleInfo): ReportingDescriptor {
  const { what, why, instead, fine } = rule.doc;
  const text = `${what} ${why} ${instead}`;
  return {
    id: rule.id,
    name: rule.id.replace(/(^|-)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${rule.title}.` },
    fullDescription: { text: what },
    helpUri: rule.source,
    help: { text, markdown: `${what}\n\n**Why.** ${why}\n\n**Instead.** ${instead}\n\n**When it is fine**\n\n${fine.map((line) => `- ${line}`).join("\n")}\n` },
    defaultConfiguration: { level: levelOf[rule.severity] },
    properties: { tags: ["elixir", "otp", rule.family], "security-severity": scoreOf[rule.severity], "problem.severity": levelOf[rule.severity] === "note" ? "recommendation" : levelOf[rule.severity] },
  };
}

function resultOf(finding: Finding, ran: readonly RuleInfo[], baselineState: Result["baselineState"] | undefined): Result {
  const place = { physicalLocation: { artifactLocation: artifact(finding.file), region: { startLine: finding.startLine, startColumn: finding.startColumn, endLine: finding.endLine, endColumn: finding.endColumn } } };
  const steps: ThreadFlowLocation[] = finding.related.filter((step) => /starts here$|^calls /.test(step.message)).map((step) => ({ location: { physicalLocation: { artifactLocation: artifact(step.file), region: { startLine: step.startLine } }, message: { text: step.message } } }));
  return {
    ruleId: finding.rule,
    ruleIndex: ran.findIndex((rule) => rule.id === finding.rule),
    level: finding.confidence === "review" ? "note" : levelOf[finding.severity],
    rank: { proven: 95, likely: 75, review: 40 }[finding.confidence],
    message: { text: finding.message },
    locations: [{ ...place, ...(finding.module === "" ? {} : { logicalLocations: [{ fullyQualifiedName: finding.function === "" ? finding.module : `${finding.module}.${finding.function}` }] }) }],
    relatedLocations: finding.related.map((other, id) => ({ id, physicalLocation: { artifactLocation: artifact(other.file), region: { startLine: other.startLine } }, message: { text: other.message } })),
    partialFingerprints: { "otpAudit/v1": finding.fingerprint },
    ...(steps.length < 2 ? {} : { codeFlows: [{ threadFlows: [{ locations: [...steps, { location: { ...place, message: { text: finding.message } } }] }] }] }),
    ...(finding.fix?.ready === undefined ? {} : { fixes: finding.fix.ready.map(fixOf) }),
    ...(baselineState === undefined ? {} : { baselineState }),
    ...(finding.suppressed === undefined ? {} : { suppressions: [{ kind: finding.suppressed.by === "comment" ? "inSource" : "external", justification: finding.suppressed.reason }] }),
    properties: { confidence: finding.confidence, evidence: [...finding.evidence], searched: [...finding.searched] },
  };
}

/** A fix as replacements in files. SARIF has no word for whether it may be applied unseen; that is a property. */
const fixOf = ({ title, safe, files }: ReadyFix): Fix => ({
  description: { text: `${title}.` },
  artifactChanges: files.map(({ file, edits }) => ({ artifactLocation: artifact(file), replacements: edits.map(({ newText, ...region }) => ({ deletedRegion: region, ...(newText === "" ? {} : { insertedContent: { text: newText } }) })) })),
  properties: { safe },
});

/** An entry of the baseline that is no longer found. */
const absentOf = ({ rule, severity, message, file, line, fingerprint }: Remembered, ran: readonly RuleInfo[]): Result => ({
  ruleId: rule,
  ruleIndex: ran.findIndex(({ id }) => id === rule),
  level: levelOf[severity],
  message: { text: message },
  locations: [{ physicalLocation: { artifactLocation: artifact(file), region: { startLine: line } } }],
  partialFingerprints: { "otpAudit/v1": fingerprint },
  baselineState: "absent",
});
