import { parseArgs } from "node:util";
import type { Shard } from "../audit/shard.ts";
import { type Status, statuses } from "../audit/history.ts";
import { didYouMean } from "../engine/nearest.ts";
import { type Confidence, confidences, type Severity, severities } from "../engine/finding.ts";
import type { DecomposeCommand } from "./decompose-command.ts";
import { UsageError } from "./machine.ts";
import type { PlanCommand } from "./plan-command.ts";

export const formats = ["text", "json", "sarif", "markdown", "html", "gitlab", "junit", "csv", "github"] as const;
export type Format = (typeof formats)[number];

/** How results are printed, and when they fail. */
export type Output = { readonly format: Format; readonly output: string | undefined; readonly failOn: Severity | "never" };

export type ScanCommand = Output & {
  readonly kind: "scan";
  /** A folder, or files of one project. */
  readonly paths: readonly string[];
  readonly rules: readonly string[] | undefined;
  readonly minConfidence: Confidence | undefined;
  readonly extended: boolean;
  readonly exclude: readonly string[];
  /** `none` ignores a baseline that lies in the project. */
  readonly baseline: { readonly file: string } | "none" | "where it lies";
  readonly changes: { readonly since: string } | "staged" | undefined;
  /** Whole files rather than changed lines. */
  readonly wholeFiles: boolean;
  readonly shard: Shard | undefined;
  readonly record: boolean;
};

export type Command =
  | ScanCommand
  | { readonly kind: "baseline"; readonly path: string; readonly acceptNew: boolean; readonly extended: boolean }
  | (Output & { readonly kind: "merge"; readonly files: readonly string[] })
  | { readonly kind: "history"; readonly path: string }
  | { readonly kind: "status"; readonly fingerprint: string; readonly status: Status; readonly reason: string; readonly author: string | undefined; readonly path: string }
  | { readonly kind: "explain"; readonly subject: string }
  | PlanCommand
  | DecomposeCommand
  | { readonly kind: "rules" }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

const commands = ["scan", "baseline", "merge", "history", "status", "plan", "decompose", "explain", "rules", "help"];

/** Reads the arguments after the program's name. Throws `UsageError`. */
export function commandOf(args: readonly string[]): Command {
  const { values, positionals } = parsed(args);
  if (values.version === true) return { kind: "version" };
  const [command, ...operands] = positionals;
  if (values.help === true || command === undefined || command === "help") return { kind: "help" };
  const path = operands[0] ?? ".";
  switch (command) {
    case "rules":
      return { kind: "rules" };
    case "explain":
      return { kind: "explain", subject: needed(operands[0], "explain needs a rule or a place, for example: otp-audit explain self-call, or otp-audit explain lib/oven.ex:12.") };
    case "merge":
      if (operands.length === 0) throw new UsageError("merge needs the JSON results of all shards, for example: otp-audit merge part-*.json.");
      return { kind: "merge", files: operands, ...outputOf(values) };
    case "scan":
      needed(operands[0], "scan needs a folder or a file, for example: otp-audit scan .");
      return scanOf(operands, values);
    case "baseline":
      atMost(operands, 1);
      return { kind: "baseline", path, acceptNew: values["accept-new"] === true, extended: values.extended === true };
    case "history":
      atMost(operands, 1);
      return { kind: "history", path };
    case "plan":
      atMost(operands, 1);
      return { kind: "plan", file: needed(operands[0], "plan needs a file, for example: otp-audit plan lib/shop.ex."), module: values.module, format: oneOf("--format", values.format ?? "text", ["text", "json"] as const), keep: values.keep, granularity: granularityOf(values) };
    case "decompose":
      atMost(operands, 1);
      return decomposeOf(values.undo === true ? path : needed(operands[0], "decompose needs a file, for example: otp-audit decompose lib/shop.ex --dry-run."), values);
    case "status":
      return statusOf(operands, values);
    default:
      throw new UsageError(`There is no command ${command}.${didYouMean(command, commands)} To scan a folder: otp-audit scan ${command}`);
  }
}

type Values = ReturnType<typeof parse>["values"];

const outputOf = (values: Values): Output => ({ format: oneOf("--format", values.format ?? "text", formats), output: values.output, failOn: oneOf("--fail-on", values["fail-on"] ?? "high", [...severities, "never"] as const) });

function scanOf(paths: readonly string[], values: Values): ScanCommand {
  if (values.since !== undefined && values.staged === true) throw new UsageError("--since and --staged exclude each other. Use one of them.");
  if (values["whole-files"] === true && values.since === undefined && values.staged !== true) throw new UsageError("--whole-files goes with --since or --staged: it reports changed files whole.");
  if (values.record === true && (paths.length > 1 || values.rule !== undefined || values.shard !== undefined)) throw new UsageError("--record keeps whole audits. Leave out --rule, --shard and single files.");
  const minConfidence = values["min-confidence"];
  return {
    kind: "scan",
    paths,
    ...outputOf(values),
    rules: values.rule,
    minConfidence: minConfidence === undefined ? undefined : oneOf("--min-confidence", minConfidence, confidences),
    extended: values.extended === true,
    exclude: values.exclude ?? [],
    baseline: values["no-baseline"] === true ? "none" : values.baseline === undefined ? "where it lies" : { file: values.baseline },
    changes: values.staged === true ? "staged" : values.since === undefined ? undefined : { since: values.since },
    wholeFiles: values["whole-files"] === true,
    shard: values.shard === undefined ? undefined : shardOf(values.shard),
    record: values.record === true,
  };
}

function decomposeOf(file: string, values: Values): Command {
  if (values.alternative !== undefined && values.plan !== undefined) throw new UsageError("--alternative and --plan exclude each other. Use one of them.");
  const step = values.step === undefined ? undefined : Number(values.step);
  if (step !== undefined && !(Number.isInteger(step) && step > 0)) throw new UsageError(`--step ${values.step} is no step. Steps count from 1.`);
  return { kind: "decompose", file, module: values.module, alternative: values.alternative, plan: values.plan, step, granularity: granularityOf(values), dryRun: values["dry-run"] === true, undo: values.undo === true, verify: values.verify === true || values["with-tests"] === true, withTests: values["with-tests"] === true, redirect: values.redirect === true, delegates: oneOf("--delegates", values.delegates ?? "keep", ["keep", "deprecate", "remove"] as const), format: oneOf("--format", values.format ?? "text", ["text", "json"] as const) };
}

function granularityOf({ granularity }: Values): number | undefined {
  if (granularity === undefined) return undefined;
  const resolution = Number(granularity);
  if (!(resolution >= 0.1 && resolution <= 10)) throw new UsageError(`--granularity ${granularity} is not between 0.1 and 10. 1 is usual; below are fewer modules, above more.`);
  return resolution;
}

function statusOf([fingerprint, status, path = "."]: readonly string[], values: Values): Command {
  const example = 'otp-audit status 1a2b3c4d5e6f70 accepted --reason "asked at start only"';
  if (fingerprint === undefined || status === undefined) throw new UsageError(`status needs a finding's fingerprint and one of ${statuses.join(", ")}, for example: ${example}.`);
  return { kind: "status", fingerprint, status: oneOf("status", status, statuses), reason: needed(values.reason, `status needs a reason, for example: ${example}.`), author: values.author, path };
}

function shardOf(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) throw new UsageError(`--shard ${text} is not known. Write which of how many, from 1, for example --shard 2/4.`);
  return { index, count };
}

function parsed(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '(--?[\w-]+)'/.exec(message)?.[1];
    throw new UsageError(unknown === undefined ? `${message.split(". ")[0] ?? message}. See otp-audit --help.` : `There is no option ${unknown}.${didYouMean(unknown, Object.keys(options).map((name) => `--${name}`))} See otp-audit --help.`);
  }
}

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;
const options = {
  format: text, output: { ...text, short: "o" }, "fail-on": text, rule: texts, "min-confidence": text, extended: flag, exclude: texts,
  baseline: text, "no-baseline": flag, "accept-new": flag, since: text, staged: flag, "whole-files": flag, shard: text, record: flag, reason: text, author: text,
  module: text, alternative: text, plan: text, step: text, "dry-run": flag, undo: flag, verify: flag, "with-tests": flag, redirect: flag, delegates: text, keep: text, granularity: text,
  help: { ...flag, short: "h" }, version: { ...flag, short: "v" },
} as const;
const parse = (args: readonly string[]) => parseArgs({ args: [...args], allowPositionals: true, options });

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option} ${value} is not known.${didYouMean(value, allowed)} Use one of: ${allowed.join(", ")}.`);
  return found;
}

function needed(operand: string | undefined, message: string): string {
  if (operand === undefined || operand === "") throw new UsageError(message);
  return operand;
}

function atMost(operands: readonly string[], count: number): void {
  if (operands.length > count) throw new UsageError(`One argument too many: ${operands[count]}. See otp-audit --help.`);
}
