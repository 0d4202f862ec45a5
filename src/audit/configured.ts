import { type Configuration, type Configurations, configurationsOf, emptyConfiguration, exceptionFor, type RuleSetting } from "../engine/configuration.ts";
import { readConfiguration } from "../engine/configuration-reader.ts";
import { compareFindings, type Confidence, confidences, type Finding, type Problem } from "../engine/finding.ts";
import type { Rule } from "../engine/rule.ts";
import { type Suppressions, suppressionsOf, withSuppressions } from "../engine/suppression.ts";
import type { ServerKind } from "../model/known.ts";
import { rules as allRules } from "../rules/index.ts";
import type { ParseElixir } from "../syntax/parse.ts";
import type { Tree } from "../syntax/tree.ts";
import { type FileSelection, selectionOf, type SourceText } from "./files.ts";

/** What a face asks for: settings and flags. The project's own configuration files are laid over the settings. */
export type Choice = FileSelection & {
  /** Ids; exactly these run. Without them the default set and what the configuration adds. */
  readonly rules?: readonly string[];
  readonly extended?: boolean;
  /** Least certainty that is reported. */
  readonly minConfidence?: Confidence;
  readonly ruleSettings?: Readonly<Record<string, RuleSetting>>;
};

/** Reads the configuration files of a workspace; what is wrong in one is a problem, and the rest of it counts. */
export function configure(files: readonly SourceText[], parse: ParseElixir, choice: Choice): { readonly configurations: Configurations; readonly problems: readonly Problem[] } {
  const read = files.map(({ path, text }) => readConfiguration(parse(path, text), allRules));
  const base: Configuration = { ...emptyConfiguration, rules: new Map(Object.entries(choice.ruleSettings ?? {})) };
  return { configurations: configurationsOf(read.map(({ configuration }) => configuration), base), problems: read.flatMap(({ problems }) => problems) };
}

/** Tells whether a path is to be scanned, by the globs of the face and of the configuration that applies to it. */
export function selectedBy(configurations: Configurations, choice: Choice): (path: string) => boolean {
  const isChosen = selectionOf(choice);
  const selections = new Map(configurations.all.map((configuration) => [configuration, selectionOf(configuration)]));
  return (path) => isChosen(path) && selections.get(configurations.of(path))?.(path) !== false;
}

/** The rules that run: those asked for, else those that are on in at least one configuration. Sorted by id. */
export function chosenRules(choice: Choice, configurations: Configurations): readonly Rule[] {
  if (choice.rules !== undefined) return allRules.filter((rule) => choice.rules?.includes(rule.id));
  return allRules.filter((rule) => configurations.all.some((configuration) => isOn(rule, choice, configuration)));
}

const isOn = (rule: Rule, choice: Choice, { rules, extended }: Configuration): boolean => rules.get(rule.id)?.enabled ?? (rule.set === "default" || choice.extended === true || extended === true);

/** Options of a rule: those of the root, since one run serves all folders; a nested file decides what is reported of it. */
export const optionsIn =
  (configurations: Configurations) =>
  (rule: string): Readonly<Record<string, unknown>> =>
    configurations.all[0]?.rules.get(rule)?.options ?? {};

export const serversIn = (configurations: Configurations): ReadonlyMap<string, ServerKind> => new Map(configurations.all.flatMap(({ servers }) => [...servers]));

const readComments = new WeakMap<Tree, { readonly requireReason: boolean; readonly read: Suppressions }>();

/** What the comments of a file switch off; read once, as long as the file stays as it is. */
function commentsOf(tree: Tree, known: readonly string[], requireReason: boolean): Suppressions {
  const kept = readComments.get(tree);
  if (kept?.requireReason === requireReason) return kept.read;
  const read = suppressionsOf(tree.path, tree.source, tree.data.comments, { known, requireReason });
  readComments.set(tree, { requireReason, read });
  return read;
}

/** Findings as they are reported, those switched off with their reason, and problems of the comments that do so. */
export type Judged = { readonly findings: readonly Finding[]; readonly suppressed: readonly Finding[]; readonly problems: readonly Problem[] };

/** Applies severities, switches, exceptions and comments to what the rules say. */
export function judged(raw: readonly Finding[], trees: readonly Tree[], rules: readonly Rule[], configurations: Configurations, choice: Choice): Judged {
  const excepted: Finding[] = [];
  const standing: Finding[] = [];
  for (const finding of raw) {
    const configuration = configurations.of(finding.file);
    const rule = rules.find(({ id }) => id === finding.rule);
    if (choice.rules === undefined && rule !== undefined && !isOn(rule, choice, configuration)) continue;
    const severity = configuration.rules.get(finding.rule)?.severity;
    const weighed = severity === undefined ? finding : { ...finding, severity };
    const exception = exceptionFor(weighed, configuration.exceptions);
    if (exception === undefined) standing.push(weighed);
    else excepted.push({ ...weighed, suppressed: { reason: exception.reason, by: "configuration" } });
  }
  const known = allRules.map(({ id }) => id);
  const comments = trees.map((tree) => commentsOf(tree, known, configurations.of(tree.path).requireReason === true));
  const ran = new Set(rules.map(({ id }) => id));
  const { findings, suppressed, unused } = withSuppressions(standing, comments.flatMap(({ suppressions }) => suppressions), ran);
  // A file that did not parse whole may lack the finding for that reason alone.
  const whole = new Set(trees.filter((tree) => tree.data.errors.length === 0).map(({ path }) => path));
  const least = (file: string): number => confidences.indexOf(leastOf(choice, configurations.of(file)));
  return {
    findings: findings.filter(({ confidence, file }) => confidences.indexOf(confidence) <= least(file)).sort(compareFindings),
    suppressed: [...excepted, ...suppressed].sort(compareFindings),
    problems: [...comments.flatMap(({ problems }) => problems), ...unused.filter(({ file }) => file === undefined || whole.has(file))],
  };
}

const leastOf = (choice: Choice, { minConfidence }: Configuration): Confidence => choice.minConfidence ?? minConfidence ?? "review";

/** The surest confidence that some file is limited to: below it, what is missing in a result proves nothing. */
export const strictestIn = (configurations: Configurations, choice: Choice): Confidence => confidences[Math.min(...configurations.all.map((configuration) => confidences.indexOf(leastOf(choice, configuration))))] ?? "review";
