import { parseArgs } from "node:util";
import { type Confidence, confidences, type Severity, severities } from "../engine/finding.ts";

export const formats = ["text", "json", "sarif", "markdown"] as const;
export type Format = (typeof formats)[number];

export type ScanCommand = {
  readonly kind: "scan";
  readonly path: string;
  readonly format: Format;
  readonly output: string | undefined;
  readonly failOn: Severity | "never";
  readonly rules: readonly string[] | undefined;
  readonly minConfidence: Confidence;
  readonly extended: boolean;
};

export type Command = ScanCommand | { readonly kind: "explain"; readonly rule: string } | { readonly kind: "rules" } | { readonly kind: "help" } | { readonly kind: "version" };

/** What the user typed cannot be done; the message says what to type instead. */
export class UsageError extends Error {}

export const usage = `otp-audit finds OTP design flaws in Elixir projects. It reads source and runs nothing.

Usage
  otp-audit scan PATH [options]    scan a folder or a file
  otp-audit explain RULE           what a rule finds, why, and what to do instead
  otp-audit rules                  list all rules

Options of scan
  --format ${formats.join("|")}   how findings are printed (text)
  --output FILE                    write to a file instead of the terminal
  --fail-on ${[...severities, "never"].join("|")}   lowest severity that makes the exit code 1 (high)
  --rule ID                        run this rule only; may be given several times
  --min-confidence ${confidences.join("|")}   leave out findings less sure than this (review)
  --extended                       run the opt-in rules, too

  --help, --version

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 the call or the configuration is wrong, 128 a bug of otp-audit.
`;

/** Reads the arguments after the program's name. Throws `UsageError`. */
export function commandOf(args: readonly string[]): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} See otp-audit --help.`);
  }
  const { values, positionals } = parsed;
  if (values.version === true) return { kind: "version" };
  const [command, operand, ...rest] = positionals;
  if (values.help === true || command === undefined || command === "help") return { kind: "help" };
  if (rest.length > 0) throw new UsageError(`One argument too many: ${rest[0]}. See otp-audit --help.`);
  if (command === "rules") return { kind: "rules" };
  if (command === "explain") {
    if (operand === undefined) throw new UsageError("explain needs a rule, for example: otp-audit explain self-call. otp-audit rules lists them.");
    return { kind: "explain", rule: operand };
  }
  if (command !== "scan") throw new UsageError(`There is no command ${command}. To scan a folder: otp-audit scan ${command}`);
  if (operand === undefined) throw new UsageError("scan needs a folder or a file, for example: otp-audit scan .");
  return {
    kind: "scan",
    path: operand,
    format: oneOf("--format", values.format ?? "text", formats),
    output: values.output,
    failOn: oneOf("--fail-on", values["fail-on"] ?? "high", [...severities, "never"] as const),
    rules: values.rule,
    minConfidence: oneOf("--min-confidence", values["min-confidence"] ?? "review", confidences),
    extended: values.extended === true,
  };
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { format: { type: "string" }, output: { type: "string" }, "fail-on": { type: "string" }, rule: { type: "string", multiple: true }, "min-confidence": { type: "string" }, extended: { type: "boolean" }, help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "v" } },
  });

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option} ${value} is not known. Use one of: ${allowed.join(", ")}.`);
  return found;
}
