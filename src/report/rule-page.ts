import type { RuleInfo } from "../engine/rule-info.ts";

const withoutMarks = (source: string): string => source.replace(/\s*#!.*$/gm, "").trimEnd();

/** A rule's page as Markdown: what, why, instead, when it is fine, examples, options, source. */
export function rulePage(rule: RuleInfo): string {
  const { what, why, instead, fine, never, sure } = rule.doc;
  const examples = (title: string, sources: readonly string[]): string[] => (sources.length === 0 ? [] : ["", `## ${title}`, ...sources.flatMap((source) => ["", "```elixir", withoutMarks(source), "```"])]);
  const options = Object.entries(rule.options ?? {});
  return `${[
    `# ${rule.title}`, "",
    `\`${rule.id}\` · ${rule.family} · ${rule.severity}${rule.set === "extended" ? " · runs only when asked for" : ""}`, "",
    what, "", "## Why", "", why, "", "## Instead", "", instead,
    ...(never === undefined ? [] : ["", `Never: ${never}`]),
    "", "## When it is fine", "", ...fine.map((line) => `- ${line}`),
    "", "## How sure", "", sure,
    ...examples("Reported", rule.bad), ...examples("Not reported", rule.good),
    ...(options.length === 0 ? [] : ["", "## Options", "", ...options.map(([key, spec]) => `- \`${key}\` (default ${JSON.stringify(spec.default)}): ${spec.doc}`)]),
    "", `Fix: ${fixLine(rule)}. Source: <${rule.source}>`,
  ].join("\n")}\n`;
}

/** Where an edit is ready, or how the fix is made otherwise. What design rules ask for without a plan, Split Module does. */
function fixLine({ fix, family }: RuleInfo): string {
  const { kind, title, ready } = fix;
  if (kind === "none") return "by hand";
  if (ready !== undefined) return `${title}. An edit is ready ${ready}`;
  return `${title} (${kind === "plan" ? "in planned steps" : family === "design" ? "with Split Module" : kind === "guided" ? "by hand, with a choice to make" : "by hand"})`;
}
