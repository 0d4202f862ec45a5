import type { Finding } from "../../engine/finding.ts";
import type { CallSite } from "../../model/call-site.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Place } from "../../report/parts.ts";
import { reasonForSleep } from "../../rules/shared/test-sleeps.ts";

/** Sleeps that no rule reports, where the source shows why they do no harm. */
export function legitimateSleeps(workspace: Workspace, findings: readonly Finding[]): readonly Place[] {
  const reported = new Set(findings.map(({ file, startLine }) => `${file}:${startLine}`));
  return workspace.modules.filter(({ kind }) => kind !== "other").flatMap((module) =>
    module.calls("Process.sleep", ":timer.sleep").flatMap((site): Place[] => {
      const place = { file: module.file.path, line: site.node.line };
      const note = reported.has(`${place.file}:${place.line}`) ? undefined : reasonFor(site);
      return note === undefined ? [] : [{ ...place, note }];
    }),
  );
}

function reasonFor(site: CallSite): string | undefined {
  const { kind, file } = site.module;
  if (/^(wait|poll|retry|eventually|until|assert_eventually|await|backoff)/.test(site.fn.name)) return "between two looks at a condition";
  if (kind === "test") return reasonForSleep(site);
  if (site.args[0]?.isAtom("infinity") === true) return "parks a process that has nothing more to do";
  if (kind === "test-support") return undefined;
  if (site.closure?.kind === "task" || site.closure?.kind === "spawn") return "in a process of its own, which nobody waits for";
  return kind === "mix-task" || (kind === "script" && !/(^|\/)test/.test(file.path)) ? "in a script, which keeps nobody waiting but its user" : undefined;
}
