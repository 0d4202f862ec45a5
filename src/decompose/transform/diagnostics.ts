/** What the Elixir compiler said about a place. `path` is as the compiler writes it, relative to the project. */
export type Diagnostic = { readonly severity: "warning" | "error"; readonly message: string; readonly path: string; readonly line: number };

/** A line of a stack that leads out of the project begins with the application in brackets. */
const PLACE = /^\s*(?:└─ )?([^\s:(][^:\n]*\.exs?):(\d+)(?::\d+)?(?::|$)/;

/** Output without the colours of a terminal. */
export const plain = (output: string): string => output.replace(/\u001b\[\d*(?:;\d+)*m/g, "");

/** Reads warnings and errors out of what `mix compile` prints, in the layouts of Elixir 1.14 and of 1.15 and later. */
export function diagnosticsIn(output: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let open: { readonly severity: Diagnostic["severity"]; readonly message: string; isPlaced: boolean } | undefined;
  for (const line of plain(output).split("\n")) {
    const start = /^\s*(warning|error): (.+)$/.exec(line);
    const thrown = /^\*\* \(\w+(?:\.\w+)*\) (?:([^\s:]+\.exs?):(\d+)(?::\d+)?: )?(.+)$/.exec(line);
    if (thrown?.[1] !== undefined) found.push({ severity: "error", path: thrown[1], line: Number(thrown[2]), message: thrown[3] ?? "" });
    else if (thrown !== null) open = { severity: "error", message: thrown[3] ?? "", isPlaced: false };
    else if (start !== null) open = { severity: start[1] === "error" ? "error" : "warning", message: start[2] ?? "", isPlaced: false };
    else if (open !== undefined) {
      const place = PLACE.exec(line);
      if (place !== null && !open.isPlaced) {
        found.push({ severity: open.severity, message: open.message, path: place[1] ?? "", line: Number(place[2]) });
        open.isPlaced = true;
      }
    }
  }
  return found;
}

/** The warnings of `after` that `before` did not have. Places are left out: code that moves takes its old warnings along. */
export function newWarnings(before: readonly Diagnostic[], after: readonly Diagnostic[]): readonly Diagnostic[] {
  const known = new Map<string, number>();
  const warnings = (list: readonly Diagnostic[]): readonly Diagnostic[] => list.filter(({ severity }) => severity === "warning");
  for (const { message } of warnings(before)) known.set(message, (known.get(message) ?? 0) + 1);
  return warnings(after).filter(({ message }) => {
    const left = known.get(message) ?? 0;
    if (left > 0) known.set(message, left - 1);
    return left === 0;
  });
}
