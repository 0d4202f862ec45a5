import type { Diagnostic } from "./diagnostics.ts";
import type { FileChange } from "./split.ts";

/** Changes after the compiler's remarks on them were heeded, and which remarks those were. */
export type Mended = { readonly changes: readonly FileChange[]; readonly heeded: readonly Diagnostic[] };

/**
 * Takes out imports, aliases and requires that the compiler found unused in files of a split. Whether an import is
 * needed cannot be seen without what it brings; whether it is unused the compiler tells. Other remarks are left alone.
 */
export function mended(changes: readonly FileChange[], remarks: readonly Diagnostic[]): Mended {
  const heeded: Diagnostic[] = [];
  const mendedChanges = changes.map((change) => {
    if (change.after === null) return change;
    const lines = change.after.split("\n");
    // From the last line up, so that the places of earlier remarks stay right.
    for (const remark of remarks.filter(({ path }) => path === change.path || change.path.endsWith(`/${path}`)).toSorted((a, b) => b.line - a.line)) {
      const at = remark.line - 1;
      const line = lines[at];
      const without = line === undefined ? line : withoutUnused(line, remark.message);
      if (without === line || without === undefined) continue;
      if (without === "") takeOut(lines, at);
      else lines[at] = without;
      heeded.push(remark);
    }
    const after = lines.join("\n");
    return after === change.after ? change : { ...change, after };
  });
  return { changes: mendedChanges, heeded };
}

/** Takes a line out, and one of the blank lines that would then meet, or follow a `do`. */
function takeOut(lines: string[], at: number): void {
  lines.splice(at, 1);
  const before = lines[at - 1] ?? "";
  if (lines[at]?.trim() === "" && (before.trim() === "" || /\bdo$/.test(before))) lines.splice(at, 1);
}

/** The line without what is unused in it; empty when nothing of it is needed. */
function withoutUnused(line: string, message: string): string {
  const whole = /^unused (?:import|alias|require) ([\w.]+)$/.exec(message);
  if (whole !== null) return new RegExp(`^\\s*(?:import|alias|require) .*\\b${(whole[1] ?? "").split(".").at(-1)}\\b`).test(line) && !line.includes("{") ? "" : line;
  const one = /^unused import ([\w.]+?)\.([^\s/]+)\/(\d+)$/.exec(message);
  if (one === null) return line;
  const entry = `${one[2]}: ${one[3]}`;
  const list = /\[([^\]]*)\]/.exec(line);
  if (list === null) return line;
  const left = (list[1] ?? "").split(",").map((item) => item.trim()).filter((item) => item !== entry);
  return left.length === 0 ? "" : line.replace(list[0], `[${left.join(", ")}]`);
}
