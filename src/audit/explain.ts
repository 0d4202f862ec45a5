import type { Finding } from "../engine/finding.ts";
import { runRules } from "../engine/run.ts";
import { type Place, placeAt } from "../model/place.ts";
import { Workspace } from "../model/workspace.ts";
import { chosenRules, type Choice, optionsIn, serversIn } from "./configured.ts";
import type { Scanned } from "./scan.ts";

/** All that is known of one line: what is reported, what is switched off, and why the rest is not reported. */
export type LineExplanation = {
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Finding[];
  /** Undefined outside of functions. */
  readonly place: Place | undefined;
  /** Rules that looked at the line and found it right, each with its reason. */
  readonly dismissed: readonly { readonly rule: string; readonly because: string }[];
};

/** Explains a line (from 1) of a scanned workspace, by the rules that ran. */
export function lineExplanation(scanned: Scanned, choice: Choice, path: string, line: number): LineExplanation {
  const { result, trees, configurations } = scanned;
  if (!trees.has(path)) throw new Error(`${path} was not scanned. Check that .gitignore and the configuration do not exclude it.`);
  const workspace = new Workspace([...trees.values()], { servers: serversIn(configurations) });
  const dismissed = new Map<string, { rule: string; because: string }>();
  runRules(workspace, {
    rules: chosenRules(choice, configurations),
    optionsOf: optionsIn(configurations),
    onDismissal: (rule, { at, because }) => {
      const isHere = at.tree.path === path && at.line <= line && line <= at.tree.positionAt(Math.max(at.start, at.end - 1)).line;
      if (isHere) dismissed.set(`${rule.id}\0${because()}`, { rule: rule.id, because: because() });
    },
  });
  const isAt = (finding: Finding): boolean => finding.file === path && finding.startLine <= line && line <= finding.endLine;
  return { findings: result.findings.filter(isAt), suppressed: (result.suppressed ?? []).filter(isAt), place: placeAt(workspace, path, line), dismissed: [...dismissed.values()] };
}
