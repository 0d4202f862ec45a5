import type { Finding, ScanResult } from "../engine/finding.ts";

/** Changed lines per file, relative to the scanned folder; `everything` for new files. */
export type ChangedLines = ReadonlyMap<string, "everything" | readonly { readonly from: number; readonly to: number }[]>;

/**
 * Reads `git diff --unified=0` text. Lines that were only deleted count as a change of the lines around them.
 * `prefix` is the scanned folder within the repository, "" or ending in `/`; files outside of it are left out.
 */
export function changedLinesOf(diff: string, newFiles: readonly string[], prefix: string): ChangedLines {
  const changed = new Map<string, "everything" | { readonly from: number; readonly to: number }[]>();
  let ranges: { readonly from: number; readonly to: number }[] | undefined;
  for (const line of diff.split("\n")) {
    const file = /^\+\+\+ (?:"?b\/(.*?)"?|\/dev\/null)\s*$/.exec(line);
    if (file !== null) {
      const path = file[1];
      ranges = undefined;
      if (path === undefined || !path.startsWith(prefix)) continue;
      ranges = [];
      changed.set(path.slice(prefix.length), ranges);
      continue;
    }
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null || ranges === undefined) continue;
    const from = Number(hunk[1]);
    const length = Number(hunk[2] ?? "1");
    ranges.push(length === 0 ? { from, to: from + 1 } : { from, to: from + length - 1 });
  }
  for (const path of newFiles) if (path.startsWith(prefix)) changed.set(path.slice(prefix.length), "everything");
  return changed;
}

/** Keeps the findings that a change touches: their own lines, or a step of the path to them. */
export function onChangedLines(result: ScanResult, changed: ChangedLines): ScanResult {
  const touches = (file: string, from: number, to: number): boolean => {
    const ranges = changed.get(file);
    return ranges === "everything" || ranges?.some((range) => range.from <= to && from <= range.to) === true;
  };
  const isTouched = ({ file, startLine, endLine, related }: Finding): boolean => touches(file, startLine, endLine) || related.some((step) => touches(step.file, step.startLine, step.startLine));
  const findings = result.findings.filter(isTouched);
  return { ...result, findings, problems: result.problems.filter(({ file }) => file === undefined || changed.has(file)), files: { ...result.files, withFindings: new Set(findings.map(({ file }) => file)).size } };
}
