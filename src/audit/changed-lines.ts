import type { Finding, ScanResult } from "../engine/finding.ts";

/** Changed lines per file, relative to the scanned folder; `everything` for files that are new to git. */
export type ChangedLines = ReadonlyMap<string, "everything" | readonly { readonly from: number; readonly to: number }[]>;

/**
 * Reads `git diff --unified=0` text. Lines that were only deleted count as a change of the lines around them.
 * `prefix` is the scanned folder within the repository, "" or ending in `/`; files outside of it are left out.
 */
export function changedLinesOf(diff: string, prefix: string): ChangedLines {
  const changed = new Map<string, { readonly from: number; readonly to: number }[]>();
  let ranges: { readonly from: number; readonly to: number }[] | undefined;
  // Lines of a hunk, which may look like anything, a file's head included.
  let body = 0;
  for (const line of diff.split("\n")) {
    if (body > 0 && /^[-+]/.test(line)) {
      body--;
      continue;
    }
    const file = /^\+\+\+ (?:("?b\/.*?)\t?|\/dev\/null)\r?$/.exec(line);
    if (file !== null) {
      const path = file[1] === undefined ? undefined : unquoted(file[1]).slice(2);
      ranges = undefined;
      if (path === undefined || !path.startsWith(prefix)) continue;
      ranges = [];
      changed.set(path.slice(prefix.length), ranges);
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null) continue;
    const from = Number(hunk[2]);
    const length = Number(hunk[3] ?? "1");
    body = Number(hunk[1] ?? "1") + length;
    ranges?.push(length === 0 ? { from, to: from + 1 } : { from, to: from + length - 1 });
  }
  return changed;
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "\\": 92 };

/** A path as git writes it: in quotes, with C escapes for bytes, when it holds quotes or control characters. */
function unquoted(path: string): string {
  if (!/^".*"$/.test(path)) return path;
  const percent = (byte: number): string => `%${byte.toString(16).padStart(2, "0")}`;
  const encoded = path.slice(1, -1).replace(/\\([0-7]{3})|\\(.)|[^\\]+/g, (plain, octal: string | undefined, letter: string | undefined) => {
    if (octal !== undefined) return percent(Number.parseInt(octal, 8));
    return letter === undefined ? encodeURIComponent(plain) : percent(escapes[letter] ?? letter.charCodeAt(0));
  });
  try {
    return decodeURIComponent(encoded);
  } catch {
    return path; // a name that is no UTF-8; no source of that name is scanned
  }
}

/** Files on which it may depend what a change touches. */
export const filesNamedIn = ({ findings, problems }: ScanResult): readonly string[] => [...new Set([...findings.flatMap(({ file, related }) => [file, ...related.map((step) => step.file)]), ...problems.flatMap(({ file }) => file ?? [])])];

/** The same files, each of them whole. */
export const wholeFiles = (changed: ChangedLines): ChangedLines => new Map([...changed.keys()].map((file) => [file, "everything"]));

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
