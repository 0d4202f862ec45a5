import { type Family, type Finding, severities } from "../engine/finding.ts";
import { type Effort, effortOf } from "./effort.ts";
import type { ReportOptions } from "./parts.ts";

/** Findings of one rule in one severity: the unit of headings, effort and recommendations. */
export type Group = { readonly rule: string; /** Id of its heading. */ readonly anchor: string; readonly title: string; readonly severity: Finding["severity"]; readonly findings: readonly Finding[]; readonly effort: Effort; /** Most modules that call a module concerned; undefined when calls were not counted. */ readonly fanIn: number | undefined };

/** Groups by severity, within it in the order of findings. */
export function groupsOf(findings: readonly Finding[], { rules, modules = [], fanIn }: Pick<ReportOptions, "rules" | "modules" | "fanIn">): readonly Group[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${severities.indexOf(finding.severity)} ${finding.rule}`;
    byRule.set(key, [...(byRule.get(key) ?? []), finding]);
  }
  return [...byRule.values()]
    .map((found): Group => {
      const first = found[0] as Finding;
      return { rule: first.rule, anchor: `${first.confidence === "review" ? "review" : first.severity}-${first.rule}`, title: rules.find(({ id }) => id === first.rule)?.title ?? first.rule, severity: first.severity, findings: found, effort: effortOf(found, modules), fanIn: fanIn === undefined ? undefined : Math.max(...found.map(({ module }) => fanIn[module] ?? 0)) };
    })
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

const QUICK_MINUTES = 15;

/** What to do next: all critical groups, then high ones, each by how many modules depend on the code and how often it occurs; quick wins apart. */
export type Recommendations = { readonly inOrder: readonly Group[]; readonly quickWins: readonly Finding[]; readonly hints: readonly string[] };

export function recommendationsOf(groups: readonly Group[]): Recommendations {
  const of = (severity: Finding["severity"]): Group[] => groups.filter((group) => group.severity === severity).sort((a, b) => (b.fanIn ?? 0) - (a.fanIn ?? 0) || b.findings.length - a.findings.length);
  const families = new Set(groups.flatMap(({ findings }) => findings.map(({ family }) => family)));
  return {
    inOrder: [...of("critical"), ...of("high")],
    quickWins: groups.flatMap(({ findings }) => findings).filter((finding) => finding.confidence === "proven" && finding.fix?.kind === "automatic" && effortOf([finding]).likely <= QUICK_MINUTES),
    hints: hints.filter(({ family }) => families.has(family)).map(({ text }) => text),
  };
}

/** Said only when a rule of the family fired. */
const hints: readonly { readonly family: Family; readonly text: string }[] = [
  { family: "blocking", text: "Move slow work out of server callbacks: into the caller, or into a task that a Task.Supervisor owns." },
  { family: "growth", text: "Give each thing that grows a limit or a clean-up, and test that it comes back down." },
  { family: "processes", text: "Start every process under a supervisor, so that its crash is seen and its end is planned." },
  { family: "ets", text: "Let one process own all writes of a table, or use ETS's own atomic operations." },
  { family: "design", text: "Split files of several modules first, one module to a file; judge what is still large afterwards." },
  { family: "supervision", text: "Make the supervision tree the same in every environment, and let tests start what they need." },
  { family: "errors", text: "Decide for each rescue and catch which failure it answers, and let the others end the process." },
  { family: "telemetry", text: "Emit on failure paths what is emitted on success, so that failures show on the same graph." },
  { family: "tests", text: "Wait in tests for a message or a state, not for time to pass." },
];
