import type { Comment } from "../syntax/tree.ts";
import { lineStartsOf, positionAt } from "../text/span.ts";
import type { Finding, Problem } from "./finding.ts";
import { didYouMean } from "./nearest.ts";

/** What comments switch off in one file: the lines, the rules, and why. */
export type Suppression = {
  readonly file: string;
  /** Place of the comment. */
  readonly line: number;
  readonly column: number;
  readonly instruction: string;
  /** First and last line on which findings are switched off. */
  readonly from: number;
  readonly to: number;
  /** Rule ids and patterns; empty means all rules. */
  readonly rules: readonly (string | RegExp)[];
  readonly reason: string;
};

export type SuppressionOptions = {
  /** Ids of all rules there are, to tell a mistyped one. */
  readonly known: readonly string[];
  readonly requireReason?: boolean;
};

export type Suppressions = { readonly suppressions: readonly Suppression[]; readonly problems: readonly Problem[] };

const instructions = ["disable-for-next-line", "disable-for-previous-line", "disable-for-this-file", "disable-for-lines"];
const COMMENT = /^#+\s*otp_audit:\s*([\w-]+)(?::(-?\d+))?(.*)$/;

/**
 * Reads the suppression comments of a file, in Credo's grammar:
 * `# otp_audit:disable-for-next-line self-call /ets-.* / -- reason`. A comment that cannot be read becomes a problem.
 */
export function suppressionsOf(path: string, source: string, comments: readonly Comment[], options: SuppressionOptions): Suppressions {
  if (!source.includes("otp_audit:")) return { suppressions: [], problems: [] };
  const starts = lineStartsOf(source);
  const suppressions: Suppression[] = [];
  const problems: Problem[] = [];
  for (const comment of comments) {
    const match = COMMENT.exec(source.slice(comment.start, comment.end).trimEnd());
    if (match === null) continue;
    const { line, column } = positionAt(starts, comment.start);
    const say = (message: string): void => void problems.push({ kind: "suppression", file: path, line, column, message: `${path}:${line}: ${message}` });
    const instruction = match[1] ?? "";
    if (!instructions.includes(instruction)) {
      say(`${instruction} is no suppression, so nothing is switched off.${didYouMean(instruction, instructions)}`);
      continue;
    }
    const lines = linesOf(instruction, match[2], line, (wanted) => textOfLine(source, starts, wanted), starts.length);
    if (lines === undefined) {
      say("disable-for-lines needs a number of lines, so nothing is switched off. Write disable-for-lines:3, or -3 for the lines above.");
      continue;
    }
    const { rules, reason, wrong } = selectionOf(match[3] ?? "", options.known);
    for (const message of wrong) say(message);
    if (reason === "" && options.requireReason === true) say(`${instruction} gives no reason, and the configuration requires one. Add it behind two dashes: -- why this is right here.`);
    if (wrong.length > 0 && rules.length === 0) continue;
    suppressions.push({ file: path, line, column, instruction, from: lines.from, to: lines.to, rules, reason });
  }
  return { suppressions, problems };
}

type Lines = { readonly from: number; readonly to: number };

function linesOf(instruction: string, count: string | undefined, line: number, textOf: (line: number) => string, last: number): Lines | undefined {
  if (instruction === "disable-for-this-file") return { from: 1, to: Number.MAX_SAFE_INTEGER };
  if (instruction === "disable-for-lines") {
    const lines = Number(count ?? "0");
    if (lines === 0) return undefined;
    return lines > 0 ? { from: line + 1, to: line + lines } : { from: line + lines, to: line - 1 };
  }
  const step = instruction === "disable-for-next-line" ? 1 : -1;
  let at = line + step;
  while (at > 1 && at < last && isBlankOrComment(textOf(at))) at += step; // comments may be stacked above one line
  return { from: at, to: at };
}

const isBlankOrComment = (text: string): boolean => /^\s*(#.*)?$/.test(text);
const textOfLine = (source: string, starts: Int32Array, line: number): string => source.slice(starts[line - 1] ?? source.length, (starts[line] ?? source.length + 1) - 1);

function selectionOf(rest: string, known: readonly string[]): { readonly rules: readonly (string | RegExp)[]; readonly reason: string; readonly wrong: readonly string[] } {
  const dashes = /(^|\s)--(\s|$)/.exec(rest);
  const words = dashes === null ? rest : rest.slice(0, dashes.index);
  const reason = dashes === null ? "" : rest.slice(dashes.index + dashes[0].length).trim();
  const rules: (string | RegExp)[] = [];
  const wrong: string[] = [];
  for (const [word, pattern] of words.matchAll(/\/((?:[^/\\]|\\.)+)\/|[^\s,]+/g)) {
    if (pattern !== undefined) {
      try {
        rules.push(new RegExp(pattern));
      } catch {
        wrong.push(`${word} is no regular expression, so it switches nothing off.`);
      }
    } else if (known.includes(word)) rules.push(word);
    else wrong.push(`there is no rule ${word}, so it switches nothing off.${didYouMean(word, known)} A reason goes behind two dashes: -- reason.`);
  }
  return { rules, reason, wrong };
}

/** What the findings are after suppression: those that stand, those switched off, and the comments that did nothing. */
export type Suppressed = { readonly findings: readonly Finding[]; readonly suppressed: readonly Finding[]; readonly unused: readonly Problem[] };

/**
 * Applies suppressions to findings by the line they start on. `ran` are the ids of the rules that ran: a comment is called
 * unused only if every rule it names ran.
 */
export function withSuppressions(findings: readonly Finding[], suppressions: readonly Suppression[], ran: ReadonlySet<string>): Suppressed {
  const byFile = new Map<string, Suppression[]>();
  for (const suppression of suppressions) byFile.set(suppression.file, [...(byFile.get(suppression.file) ?? []), suppression]);
  const used = new Set<Suppression>();
  const standing: Finding[] = [];
  const suppressed: Finding[] = [];
  for (const finding of findings) {
    const matching = (byFile.get(finding.file) ?? []).filter((suppression) => covers(suppression, finding));
    for (const suppression of matching) used.add(suppression);
    const [first] = matching;
    if (first === undefined) standing.push(finding);
    else suppressed.push({ ...finding, suppressed: { reason: first.reason, by: "comment" } });
  }
  const unused = suppressions.filter((suppression) => !used.has(suppression) && isJudged(suppression, ran)).map(unusedProblem);
  return { findings: standing, suppressed, unused };
}

const covers = (suppression: Suppression, finding: Finding): boolean =>
  finding.startLine >= suppression.from && finding.startLine <= suppression.to && (suppression.rules.length === 0 || suppression.rules.some((rule) => (typeof rule === "string" ? rule === finding.rule : rule.test(finding.rule))));

/** Patterns and comments without a rule can only be judged when something of theirs could have run. */
function isJudged({ rules }: Suppression, ran: ReadonlySet<string>): boolean {
  if (rules.length === 0) return ran.size > 1;
  return rules.every((rule) => (typeof rule === "string" ? ran.has(rule) : ran.size > 1 && [...ran].some((id) => rule.test(id))));
}

function unusedProblem({ file, line, column, instruction, rules }: Suppression): Problem {
  const names = rules.map((rule) => (typeof rule === "string" ? rule : `/${rule.source}/`)).join(", ");
  return { kind: "suppression", file, line, column, message: `${file}:${line}: ${instruction}${names === "" ? "" : ` ${names}`} switches nothing off: there is no such finding any more. Remove the comment.` };
}
