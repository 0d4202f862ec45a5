import type { Finding } from "../../engine/finding.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Place } from "../../report/parts.ts";

/** Sleeps that no rule reports, where the source shows why they do no harm. */
export function legitimateSleeps(workspace: Workspace, findings: readonly Finding[]): readonly Place[] {
  const reported = new Set(findings.map(({ file, startLine }) => `${file}:${startLine}`));
  return workspace.modules.filter(({ kind }) => kind !== "test" && kind !== "other").flatMap((module) =>
    module.calls("Process.sleep", ":timer.sleep").flatMap((site): Place[] => {
      const place = { file: module.file.path, line: site.node.line };
      const note = reported.has(`${place.file}:${place.line}`) ? undefined : reasonFor(site);
      return note === undefined ? [] : [{ ...place, note }];
    }),
  );
}

function reasonFor(site: CallSite): string | undefined {
  if (site.args[0]?.isAtom("infinity") === true) return "parks a process that has nothing more to do";
  if (/^(wait|poll|retry|eventually|until|assert_eventually|await|backoff)/.test(site.fn.name)) return `between two looks at a condition, in ${site.fn.id}`;
  if (site.closure?.kind === "task" || site.closure?.kind === "spawn") return "in a process of its own, which nobody waits for";
  if (site.module.kind === "script" || site.module.kind === "mix-task") return "in a script, which has no one to keep waiting";
  const entries = entriesAt(site);
  return site.module.isLib && entries.length > 0 && entries.every(({ kind }) => kind === "client") ? `in the process of whoever calls ${site.fn.id}` : undefined;
}
