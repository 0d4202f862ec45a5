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
    "", `Fix: ${rule.fix.kind === "none" ? "by hand" : `${rule.fix.title} (${rule.fix.kind})`}. Source: <${rule.source}>`,
  ].join("\n")}\n`;
}
