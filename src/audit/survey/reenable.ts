import type { Finding } from "../../engine/finding.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Place, TestFacts } from "../../report/parts.ts";

/** How near a comment stands to the finding it belongs to. */
const NEAR = 5;
const provisional = /\b(TEMPORARY|TEMP|TODO|FIXME|HACK|XXX)\b|\bre-?enable|\bdisabled? (for now|until)/;

/** What was built for the time being: trees that differ by environment, marked code beside a finding, tests that are skipped. */
export function toReenable(workspace: Workspace, findings: readonly Finding[], { skipped }: TestFacts): readonly Place[] {
  const byFile = new Map<string, Finding[]>();
  for (const finding of findings) byFile.set(finding.file, [...(byFile.get(finding.file) ?? []), finding]);
  const marked = workspace.files.flatMap(({ path, tree }) => {
    const near = byFile.get(path);
    if (near === undefined) return [];
    return tree.data.comments.flatMap(({ start, end }): Place[] => {
      const text = tree.source.slice(start, end);
      if (!provisional.test(text)) return [];
      const { line } = tree.positionAt(start);
      const finding = near.find(({ startLine }) => Math.abs(startLine - line) <= NEAR);
      return finding === undefined ? [] : [{ file: path, line, note: `"${text.replace(/^#+\s*/, "").trim()}" beside a finding of \`${finding.rule}\`` }];
    });
  });
  const byEnvironment = findings.filter(({ rule }) => rule === "env-dependent-tree").map(({ file, startLine }) => ({ file, line: startLine, note: "the supervision tree depends on the environment" }));
  return [...byEnvironment, ...marked, ...skipped];
}
