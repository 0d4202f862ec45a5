import { callbacksOf, type ServerKind, serverKindOf } from "../model/known.ts";
import type { Expr, Tree } from "../syntax/tree.ts";
import { type Configuration, emptyConfiguration, type Exception, type RuleSetting } from "./configuration.ts";
import { type Complain, entriesOf, nameOf, readBoolean, readList, readNumber, readOneOf, readText } from "./configuration-value.ts";
import { confidences, type Problem, severities } from "./finding.ts";
import { didYouMean } from "./nearest.ts";
import type { RuleInfo } from "./rule-info.ts";

/** A configuration and what could not be read of it; everything readable counts. */
export type ReadConfiguration = { readonly configuration: Configuration; readonly problems: readonly Problem[] };

type RuleShape = Pick<RuleInfo, "id" | "options">;

/** Reads a parsed `.otp_audit.exs` as data; nothing in it is ever run. Unknown keys and wrong values become problems. */
export function readConfiguration(tree: Tree, rules: readonly RuleShape[]): ReadConfiguration {
  const problems: Problem[] = [];
  const complainAt = (offset: number, message: string): void => {
    const { line, column } = tree.positionAt(offset);
    problems.push({ kind: "configuration", file: tree.path, line, column, message: `${tree.path}:${line}:${column}: ${message}${/[.?]$/.test(message) ? "" : "."}` });
  };
  const complain: Complain = (at, message) => complainAt(at.start, message);
  const folder = tree.path.slice(0, tree.path.lastIndexOf("/") + 1);
  for (const error of tree.data.errors.slice(0, 1)) complainAt(error.start, "this does not parse as Elixir, so settings near it may not count. A missing comma or bracket is the usual cause");
  const value = tree.root.result;
  if (value === undefined) {
    if (tree.data.errors.length === 0) complainAt(0, "the file is empty, so nothing is configured. Write a keyword list, or delete the file");
    return { configuration: { ...emptyConfiguration, folder }, problems };
  }
  const read: { -readonly [K in keyof Configuration]: Configuration[K] } = { ...emptyConfiguration, folder };
  for (const entry of entriesOf(value, complain)) readKey(entry, { read, complain, rules });
  return { configuration: read, problems };
}

type Reading = { readonly read: { -readonly [K in keyof Configuration]: Configuration[K] }; readonly complain: Complain; readonly rules: readonly RuleShape[] };

/** Every key of the file, with what it takes; the page docs/configuration.md describes each. */
const keys: Readonly<Record<string, (value: Expr, reading: Reading) => void>> = {
  extends: (value, { read, complain }) => void (read.extendsRoot = readOneOf(["root"])(value, complain) === "root"),
  rules: (value, { read, complain, rules }) => void (read.rules = readRules(value, complain, rules)),
  extended: (value, { read, complain }) => void assign(read, "extended", readBoolean(value, complain)),
  min_confidence: (value, { read, complain }) => void assign(read, "minConfidence", readOneOf(confidences)(value, complain)),
  require_reason: (value, { read, complain }) => void assign(read, "requireReason", readBoolean(value, complain)),
  include: (value, { read, complain }) => void (read.include = readList(readText)(value, complain) ?? []),
  exclude: (value, { read, complain }) => void (read.exclude = readList(readText)(value, complain) ?? []),
  servers: (value, { read, complain }) => void (read.servers = readServers(value, complain)),
  exceptions: (value, { read, complain, rules }) => void (read.exceptions = readList<Exception>((item, say) => readException(item, say, rules))(value, complain) ?? []),
};

function assign<K extends keyof Configuration>(read: { -readonly [P in keyof Configuration]: Configuration[P] }, key: K, value: Configuration[K] | undefined): void {
  if (value !== undefined) read[key] = value;
}

function readKey({ key, at, value }: { readonly key: string; readonly at: Expr; readonly value: Expr }, reading: Reading): void {
  const reader = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (reader === undefined) reading.complain(at, `there is no setting ${key}, so it has no effect.${didYouMean(key, Object.keys(keys))}`);
  else reader(value, reading);
}

function readRules(value: Expr, complain: Complain, rules: readonly RuleShape[]): ReadonlyMap<string, RuleSetting> {
  const settings = new Map<string, RuleSetting>();
  for (const { key, at, value: held } of entriesOf(value, complain)) {
    const id = key.replaceAll("_", "-");
    const rule = rules.find((candidate) => candidate.id === id);
    if (rule === undefined) complain(at, unknownRule(id, rules));
    else {
      const setting = readRuleSetting(held, complain, rule);
      if (setting !== undefined) settings.set(id, setting);
    }
  }
  return settings;
}

const unknownRule = (id: string, rules: readonly RuleShape[]): string => `there is no rule ${id}, so this has no effect.${didYouMean(id, rules.map((rule) => rule.id))} otp-audit rules lists them`;

/** `false`, `true`, `:low`, or a list of severity and the rule's options, which switches the rule on. */
function readRuleSetting(value: Expr, complain: Complain, rule: RuleShape): RuleSetting | undefined {
  if (value.isAtom("true") || value.isAtom("false")) return { enabled: value.isAtom("true") };
  if (value.kind === "atom" || value.kind === "string") {
    const severity = readOneOf([...severities, "off"] as const)(value, complain);
    return severity === undefined ? undefined : severity === "off" ? { enabled: false } : { enabled: true, severity };
  }
  let setting: RuleSetting = { enabled: true };
  const options: Record<string, unknown> = {};
  for (const { key, at, value: held } of entriesOf(value, complain)) {
    const name = key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    const spec = rule.options?.[name];
    if (key === "severity") setting = { ...setting, ...present("severity", readOneOf(severities)(held, complain)) };
    else if (key === "enabled") setting = { ...setting, ...present("enabled", readBoolean(held, complain)) };
    else if (spec === undefined) complain(at, `${rule.id} has no option ${key}, so it has no effect.${didYouMean(key, ["severity", "enabled", ...Object.keys(rule.options ?? {}).map(snakeCase)])}`);
    else Object.assign(options, present(name, readLike(spec.default, held, complain)));
  }
  return Object.keys(options).length === 0 ? setting : { ...setting, options };
}

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const present = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } => (value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T }));

/** Reads a value of the kind that the default has. */
function readLike(like: unknown, value: Expr, complain: Complain): unknown {
  if (typeof like === "number") return readNumber(value, complain);
  if (typeof like === "boolean") return readBoolean(value, complain);
  return typeof like === "string" ? readText(value, complain) : readList(readName)(value, complain);
}

function readName(value: Expr, complain: Complain): string | undefined {
  const name = nameOf(value);
  if (name === undefined) complain(value, `\`${value.text}\` does not fit: write a text, an atom or a module`);
  return name;
}

/** `{MyApp.Worker, GenServer}`: `use MyApp.Worker` makes a GenServer. */
function readServers(value: Expr, complain: Complain): ReadonlyMap<string, ServerKind> {
  const kinds = Object.keys(callbacksOf) as ServerKind[];
  const servers = new Map<string, ServerKind>();
  for (const { key, value: held } of entriesOf(value, complain)) {
    const name = nameOf(held) ?? "";
    const kind = serverKindOf.get(name) ?? kinds.find((candidate) => candidate === name.slice(name.lastIndexOf(".") + 1));
    if (kind === undefined) complain(held, `\`${held.text}\` is no kind of server that is known: write one of ${kinds.join(", ")}.${didYouMean(name, kinds)}`);
    else servers.set(key, kind);
  }
  return servers;
}

/** `{{MyApp.Cart, :total, 2}, reason: "…", rules: ["self-call"]}`, or `{MyApp.Cart, reason: "…"}` for a whole module. */
function readException(item: Expr, complain: Complain, rules: readonly RuleShape[]): Exception | undefined {
  const [place, ...rest] = item.kind === "tuple" ? item.children : [];
  const [module, name, arity] = place === undefined ? [] : place.kind === "tuple" ? place.children : [place];
  if (place === undefined || module?.kind !== "alias") return void complain(item, 'an exception is written {{MyApp.Cart, :total, 2}, rules: ["self-call"], reason: "why it is right here"}');
  let reason: string | undefined;
  let ids: readonly string[] | undefined;
  const pairs = rest.length === 1 && rest[0]?.kind === "list" ? rest[0].children : rest;
  for (const pair of pairs) {
    const key = pair.kind === "pair" && pair.key !== undefined ? nameOf(pair.key) : undefined;
    if (key === "reason" && pair.value !== undefined) reason = readText(pair.value, complain);
    else if (key === "rules" && pair.value !== undefined) ids = readList((id, say) => readRuleId(id, say, rules))(pair.value, complain);
    else complain(pair, `an exception takes rules and reason.${key === undefined ? "" : didYouMean(key, ["rules", "reason"])}`);
  }
  if (reason === undefined || reason === "") return void complain(item, "this exception gives no reason, so it does not count. Add reason: and say why the code is right here");
  return { module: module.name, reason, ...(name === undefined ? {} : { function: name.name }), ...(arity === undefined ? {} : { arity: readNumber(arity, complain) ?? -1 }), ...(ids === undefined ? {} : { rules: ids }) };
}

function readRuleId(value: Expr, complain: Complain, rules: readonly RuleShape[]): string | undefined {
  const id = (nameOf(value) ?? value.text).replaceAll("_", "-");
  if (rules.some((rule) => rule.id === id)) return id;
  complain(value, unknownRule(id, rules));
  return undefined;
}
