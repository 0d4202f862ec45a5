/** A case of a rule specification: files with the places where findings are expected. */
export type SpecificationCase = {
  readonly name: string;
  /** Options of the rule for this case, from a line `options: {…}`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly path: string; readonly source: string; readonly marks: readonly Mark[] }[];
  /** The first file after the first edit of its first finding. */
  readonly fixed?: string;
};

/** A finding expected on a line (from 1): `#! words of its message`, or `#! (medium, likely) words`. */
export type Mark = { readonly line: number; readonly severity: string | undefined; readonly confidence: string | undefined; readonly words: string };

const MARK = /\s*#!(?: \((\w+)(?:, (\w+))?\))?(?: (.*))?$/;

/** Source without marks, and the marks. Two marks on one line are written `#! one #! two`. */
export function withoutMarks(marked: string): { readonly source: string; readonly marks: readonly Mark[] } {
  const marks: Mark[] = [];
  const lines = marked.split("\n").map((line, index) => {
    let rest = line;
    for (let match = MARK.exec(rest); match !== null; match = MARK.exec(rest)) {
      const words = (match[3] ?? "").split(" #!");
      for (const part of words) marks.push({ line: index + 1, severity: match[1], confidence: match[2], words: part.trim() });
      rest = rest.slice(0, match.index);
    }
    return rest;
  });
  return { source: lines.join("\n"), marks };
}

/**
 * Cases of a Markdown specification: a `##` heading names a case, each ```elixir fence is a file of a small workspace
 * (```elixir lib/oven.ex names its path), and ```elixir fixed what the first edit makes of the first. A case without marks must be silent.
 */
export function casesOf(markdown: string): SpecificationCase[] {
  const found: { name: string; options?: Readonly<Record<string, unknown>>; fixed?: string; files: { path: string; source: string; marks: readonly Mark[] }[] }[] = [];
  let fence: { path: string; lines: string[] } | undefined;
  for (const line of markdown.split("\n")) {
    if (fence !== undefined) {
      if (line.startsWith("```")) {
        if (fence.path === "fixed") Object.assign(found.at(-1) ?? {}, { fixed: fence.lines.join("\n") });
        else found.at(-1)?.files.push({ path: fence.path, ...withoutMarks(fence.lines.join("\n")) });
        fence = undefined;
      } else fence.lines.push(line);
    } else if (line.startsWith("## ")) found.push({ name: line.slice(3).trim(), files: [] });
    else if (line.startsWith("options: ")) Object.assign(found.at(-1) ?? {}, { options: JSON.parse(line.slice(9)) });
    else {
      const opening = /^```elixir(?: (\S+))?$/.exec(line);
      if (opening !== null) fence = { path: opening[1] ?? "lib/example.ex", lines: [] };
    }
  }
  return found;
}
