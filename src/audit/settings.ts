import * as v from "valibot";
import type { RuleSetting } from "../engine/configuration.ts";
import { confidences, severities } from "../engine/finding.ts";
import type { Choice } from "./configured.ts";

/** One setting: its key after `otpAudit.`, what it accepts, its default, and what it does. */
type Setting = { readonly schema: v.GenericSchema; readonly json: Readonly<Record<string, unknown>>; readonly default: unknown; readonly doc: string; readonly expected: string };

const strings = { type: "array", items: { type: "string" } };

/** All settings of the extension, in the order of the settings editor. `package.json` is generated from this. */
export const settingSpecs = {
  "scan.onOpen": { schema: v.boolean(), json: { type: "boolean" }, default: true, doc: "Scan the workspace when it opens.", expected: "true or false" },
  "scan.exclude": { schema: v.array(v.string()), json: strings, default: [], doc: "Globs of files that are left out, besides `deps`, `_build` and what `.gitignore` names.", expected: "a list of globs" },
  "scan.include": { schema: v.array(v.string()), json: strings, default: [], doc: "Globs of the files that are scanned. Empty: every Elixir file.", expected: "a list of globs" },
  "rules.disabled": { schema: v.array(v.string()), json: strings, default: [], doc: "Ids of rules that do not run. The project's `.otp_audit.exs` goes before this.", expected: "a list of rule ids" },
  "rules.extended": { schema: v.boolean(), json: { type: "boolean" }, default: false, doc: "Run the opt-in rules, too.", expected: "true or false" },
  "rules.severity": {
    schema: v.record(v.string(), v.picklist(severities)),
    json: { type: "object", additionalProperties: { type: "string", enum: [...severities] } },
    default: {},
    doc: "Other severities for rules, by rule id. The project's `.otp_audit.exs` goes before this.",
    expected: `an object of rule ids, each with one of ${severities.join(", ")}`,
  },
  "findings.minConfidence": { schema: v.picklist(confidences), json: { type: "string", enum: [...confidences] }, default: "review", doc: "Leave out findings less sure than this.", expected: `one of ${confidences.join(", ")}` },
  "diagnostics.enabled": { schema: v.boolean(), json: { type: "boolean" }, default: true, doc: "Show proven and likely findings in the Problems view and in editors.", expected: "true or false" },
  "badge.enabled": { schema: v.boolean(), json: { type: "boolean" }, default: true, doc: "Show the number of critical and high findings on the activity bar.", expected: "true or false" },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settingSpecs;
export type Settings = { readonly [K in SettingKey]: v.InferOutput<(typeof settingSpecs)[K]["schema"]> };
export const settingKeys = Object.keys(settingSpecs) as SettingKey[];

/** Settings from whatever the user wrote: a wrong value becomes the default and a sentence that names key, value and what fits. */
export function readSettings(raw: Readonly<Record<string, unknown>>): { readonly settings: Settings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const entries = settingKeys.map((key) => {
    const spec = settingSpecs[key];
    const value = raw[key];
    if (value === undefined) return [key, spec.default] as const;
    const checked = v.safeParse<v.GenericSchema>(spec.schema, value);
    if (checked.success) return [key, checked.output] as const;
    problems.push(`The setting otpAudit.${key} is ${JSON.stringify(value)}; it takes ${spec.expected}. Its default ${JSON.stringify(spec.default)} is used.`);
    return [key, spec.default] as const;
  });
  return { settings: Object.fromEntries(entries) as Settings, problems };
}

/** What a scan is asked for by these settings; the project's own configuration is laid over it. */
export function choiceOf(settings: Settings): Choice {
  const ruleSettings: Record<string, RuleSetting> = {};
  for (const [id, severity] of Object.entries(settings["rules.severity"])) ruleSettings[id] = { severity };
  for (const id of settings["rules.disabled"]) ruleSettings[id] = { ...ruleSettings[id], enabled: false };
  return { include: settings["scan.include"], exclude: settings["scan.exclude"], extended: settings["rules.extended"], ruleSettings };
}

/** The page about the settings, as Markdown. */
export function settingsPage(): string {
  const rows = settingKeys.map((key) => {
    const { default: value, doc, expected } = settingSpecs[key];
    return `| \`otpAudit.${key}\` | ${doc} | ${expected} | \`${JSON.stringify(value)}\` |`;
  });
  return `# Settings of the extension

Written by \`npm run gen\` from \`src/audit/settings.ts\`. A wrong value gets a message and counts as its default.
What a whole team should share belongs in [\`.otp_audit.exs\`](configuration.md), which the command line reads, too.

| setting | what it does | takes | default |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
