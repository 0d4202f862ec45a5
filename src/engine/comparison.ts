import type { Finding, ScanResult } from "./finding.ts";

/** A finding as history and baseline keep it: enough to name it when it is gone, without its code. */
export type Remembered = Pick<Finding, "fingerprint" | "rule" | "severity" | "file" | "module" | "function" | "message"> & { readonly line: number };

export const remembered = ({ fingerprint, rule, severity, file, module, function: name, message, startLine }: Finding): Remembered => ({ fingerprint, rule, severity, file, module, function: name, message, line: startLine });

/**
 * Two runs side by side. `moved`: the same code in another file or module. `changed`: the same rule in the same function,
 * over other code: fixed and found again, or only edited. `ambiguous`: several candidates, so nothing is claimed.
 * `unknown`: gone, but its file was not scanned or did not parse, or its rule did not run.
 */
export type Comparison = {
  readonly added: readonly Finding[];
  readonly remaining: readonly Finding[];
  readonly moved: readonly { readonly from: Remembered; readonly to: Finding }[];
  readonly changed: readonly { readonly from: Remembered; readonly to: Finding }[];
  readonly fixed: readonly Remembered[];
  /** Gone, and another rule now speaks in the same function. */
  readonly replaced: readonly { readonly from: Remembered; readonly by: Finding }[];
  readonly ambiguous: readonly Remembered[];
  readonly unknown: readonly Remembered[];
};

/** Compares what an earlier run remembered with the findings of this one, by fingerprint first. */
export function compared(before: readonly Remembered[], now: ScanResult): Comparison {
  const byPrint = new Map(now.findings.map((finding) => [finding.fingerprint, finding]));
  const known = new Set(before.map(({ fingerprint }) => fingerprint));
  const fresh = new Set(now.findings.filter(({ fingerprint }) => !known.has(fingerprint)));
  const gone = before.filter(({ fingerprint }) => !byPrint.has(fingerprint));
  const moved = pairs(gone, fresh, (from, to) => from.rule === to.rule && from.message === to.message && (from.function === to.function || from.module === to.module));
  const changed = pairs(moved.left, fresh, (from, to) => from.rule === to.rule && from.file === to.file && from.module === to.module && from.function === to.function);
  const ambiguous = new Set([...moved.ambiguous, ...changed.ambiguous]);
  const ran = new Set(now.rules);
  const unsure = new Set(now.problems.filter(({ kind }) => kind === "parse-error" || kind === "unreadable" || kind === "too-large" || kind === "binary").map(({ file }) => file));
  const rest = changed.left.filter((item) => !ambiguous.has(item));
  const unknown = rest.filter(({ rule, file }) => !ran.has(rule) || unsure.has(file));
  const settled = rest.filter((item) => !unknown.includes(item));
  const replacedBy = (from: Remembered): Finding | undefined => (from.function === "" ? undefined : [...fresh].find((to) => to.rule !== from.rule && to.file === from.file && to.module === from.module && to.function === from.function));
  return {
    added: now.findings.filter((finding) => fresh.has(finding)),
    remaining: now.findings.filter(({ fingerprint }) => known.has(fingerprint)),
    moved: moved.found,
    changed: changed.found,
    fixed: settled.filter((from) => replacedBy(from) === undefined),
    replaced: settled.flatMap((from) => {
      const by = replacedBy(from);
      return by === undefined ? [] : [{ from, by }];
    }),
    ambiguous: [...ambiguous],
    unknown,
  };
}

type Pairs = { readonly found: readonly { readonly from: Remembered; readonly to: Finding }[]; readonly left: readonly Remembered[]; readonly ambiguous: readonly Remembered[] };

/** Pairs up what has exactly one counterpart on both sides, and takes it out of `fresh`. */
function pairs(gone: readonly Remembered[], fresh: Set<Finding>, fits: (from: Remembered, to: Finding) => boolean): Pairs {
  const found: { readonly from: Remembered; readonly to: Finding }[] = [];
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
