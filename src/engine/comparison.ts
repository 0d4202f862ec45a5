import { type Confidence, confidences, type Finding, type ScanResult } from "./finding.ts";
import { isSameCode, isSamePlace } from "./fingerprint.ts";

/** A finding as history and baseline keep it: enough to name it when it is gone, without its code. */
export type Remembered = Pick<Finding, "fingerprint" | "rule" | "severity" | "confidence" | "file" | "module" | "function" | "message"> & { readonly line: number };

export const remembered = ({ fingerprint, rule, severity, confidence, file, module, function: name, message, startLine }: Finding): Remembered => ({ fingerprint, rule, severity, confidence, file, module, function: name, message, line: startLine });

/** What became of the place of an earlier finding: its function was read again, is a test that does not run any more, was not read, or is not there any more. */
export type Look = (item: Remembered) => "read" | "skipped" | "unread" | "gone";

/** The later of two runs: what it found, what was switched off in it, and which rules ran down to which confidence. */
export type LaterRun = { readonly findings: readonly Remembered[]; readonly suppressed: readonly (Remembered & { readonly reason: string })[]; readonly rules: readonly string[]; readonly least: Confidence };

/**
 * Two runs side by side. `moved`: the same code after its function, module or file was renamed. `changed`: the same rule in
 * the same function, over other code: fixed and found again, or only edited. `removed`: gone with its function or file.
 * `skipped`: not found any more in a test that is switched off: it may have been emptied rather than mended.
 * `replaced`: gone, and another rule now speaks in the same function. `silenced`: switched off by comment or configuration.
 * `ambiguous`: several candidates, so nothing is claimed. `unknown`: gone, but its file was not read whole, its rule did
 * not run, or the later run asked for surer findings only.
 */
export type Comparison = {
  readonly added: readonly Remembered[];
  readonly remaining: readonly Remembered[];
  readonly moved: readonly Pair[];
  readonly changed: readonly Pair[];
  readonly fixed: readonly Remembered[];
  readonly removed: readonly Remembered[];
  readonly skipped: readonly Remembered[];
  readonly replaced: readonly { readonly from: Remembered; readonly by: Remembered }[];
  readonly silenced: readonly { readonly from: Remembered; readonly reason: string }[];
  readonly ambiguous: readonly Remembered[];
  readonly unknown: readonly Remembered[];
};
type Pair = { readonly from: Remembered; readonly to: Remembered };

/** A scan as the later of two runs; what the baseline knows is there, too. */
export const laterRun = (result: ScanResult): LaterRun => ({
  findings: [...result.findings, ...(result.known ?? [])].map(remembered),
  suppressed: (result.suppressed ?? []).map((finding) => ({ ...remembered(finding), reason: finding.suppressed?.reason ?? "" })),
  rules: result.rules,
  least: result.minConfidence ?? "review",
});

/** Files that a scan could not read whole; what is gone from them is not judged. */
export function lookAt(result: ScanResult): Look {
  const unsure = new Set(result.problems.filter(({ kind }) => kind === "parse-error" || kind === "unreadable" || kind === "too-large" || kind === "binary" || kind === "worker").map(({ file }) => file));
  return ({ file }) => (unsure.has(file) ? "unread" : "read");
}

/** Compares what an earlier run remembered with a later one, by fingerprint first. */
export function compared(before: readonly Remembered[], now: LaterRun, look: Look): Comparison {
  const prints = new Set(now.findings.map(({ fingerprint }) => fingerprint));
  const known = new Map(before.map((item) => [item.fingerprint, item]));
  const same = now.findings.flatMap((to) => [known.get(to.fingerprint) ?? []].flat().map((from) => ({ from, to })));
  const fresh = new Set(now.findings.filter(({ fingerprint }) => !known.has(fingerprint)));
  const off = new Map(now.suppressed.map(({ fingerprint, reason }) => [fingerprint, reason]));
  const gone = before.filter(({ fingerprint }) => !prints.has(fingerprint) && !off.has(fingerprint));
  const here = followed(look, same);
  const judged = gone.filter((item) => now.rules.includes(item.rule) && confidences.indexOf(item.confidence) <= confidences.indexOf(now.least) && here(item) !== "unread");
  const changed = pairs(judged, fresh, (from, to) => isSamePlace(from.fingerprint, to.fingerprint));
  // What still has its function was not renamed: equal code elsewhere is another finding.
  const moved = pairs(changed.left, fresh, (from, to) => from.rule === to.rule && isSameCode(from.fingerprint, to.fingerprint) && isRenamed(from, to) && here(from) === "gone");
  const replacedBy = (from: Remembered): Remembered | undefined => (from.function === "" ? undefined : [...fresh].find((to) => to.rule !== from.rule && to.file === from.file && to.module === from.module && to.function === from.function));
  const settled = moved.left.map((from) => ({ from, by: replacedBy(from) }));
  const plain = settled.filter(({ by }) => by === undefined).map(({ from }) => from);
  const there = followed(look, [...same, ...moved.found]);
  return {
    added: now.findings.filter((finding) => fresh.has(finding)),
    remaining: same.filter(({ from, to }) => from.file === to.file).map(({ to }) => to),
    moved: [...same.filter(({ from, to }) => from.file !== to.file), ...moved.found],
    changed: changed.found,
    fixed: plain.filter((item) => there(item) === "read"),
    removed: plain.filter((item) => there(item) === "gone"),
    skipped: plain.filter((item) => there(item) === "skipped"),
    replaced: settled.flatMap(({ from, by }) => (by === undefined ? [] : [{ from, by }])),
    silenced: before.flatMap((from) => (prints.has(from.fingerprint) || !off.has(from.fingerprint) ? [] : [{ from, reason: off.get(from.fingerprint) ?? "" }])),
    ambiguous: [...changed.ambiguous, ...moved.ambiguous],
    unknown: gone.filter((item) => !judged.includes(item)),
  };
}

/** Looks for an item where its module went, if other findings of that module tell; a module that went to several places tells nothing. */
function followed(look: Look, pairs: readonly Pair[]): Look {
  const homes = new Map<string, Remembered | undefined>();
  for (const { from, to } of pairs) {
    const known = homes.get(placeOf(from));
    homes.set(placeOf(from), homes.has(placeOf(from)) && (known === undefined || placeOf(known) !== placeOf(to)) ? undefined : to);
  }
  return (item) => {
    const home = homes.get(placeOf(item));
    return look(home === undefined ? item : { ...item, file: home.file, module: home.module });
  };
}

const placeOf = ({ file, module }: Remembered): string => `${file}\n${module}`;

/** One name of the place changed and the others stayed: a function, a module with its functions, or code outside of functions in its file. */
const isRenamed = (from: Remembered, to: Remembered): boolean => from.module === to.module || (from.function === to.function && (from.function !== "" || from.file === to.file));

type Pairs = { readonly found: readonly Pair[]; readonly left: readonly Remembered[]; readonly ambiguous: readonly Remembered[] };

/** Pairs up what has exactly one counterpart on both sides, and takes it out of `fresh`. */
function pairs(gone: readonly Remembered[], fresh: Set<Remembered>, fits: (from: Remembered, to: Remembered) => boolean): Pairs {
  const found: Pair[] = [];
  const ambiguous: Remembered[] = [];
  const left: Remembered[] = [];
  const candidates = new Map(gone.map((from) => [from, [...fresh].filter((to) => fits(from, to))]));
  for (const [from, fitting] of candidates) {
    const [to] = fitting;
    const rivals = [...candidates.values()].filter((others) => to !== undefined && others.includes(to)).length;
    if (to === undefined) left.push(from);
    else if (fitting.length === 1 && rivals === 1) found.push({ from, to });
    else if (fitting.length === rivals) {
      // As many went as came: which is which does not matter, the number does.
      const free = fitting.find((candidate) => !found.some((pair) => pair.to === candidate));
      if (free !== undefined) found.push({ from, to: free });
    } else ambiguous.push(from);
  }
  for (const { to } of found) fresh.delete(to);
  return { found, left, ambiguous };
}
