import type { Module } from "../../model/module.ts";
import { type Child, moduleOf, restartOf } from "../../model/child-spec.ts";
import { type Supervisor, supervisorsIn, supervisorsOf } from "../../model/supervision.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Supervised } from "../../report/parts.ts";

const DEEPEST = 8;

/** Supervision trees as the source says, from those supervisors that are nobody's child. */
export function forestOf(workspace: Workspace): readonly Supervised[] {
  const all = supervisorsOf(workspace);
  const children = new Set(all.flatMap((supervisor) => supervisor.children.map((child) => child.module)));
  const roots = all.filter(({ module }) => !children.has(module.name));
  return roots.map((supervisor) => ({ ...place(supervisor.module, supervisor.site.node.line), name: supervisor.module.name, note: noteOf(supervisor), children: childrenOf(supervisor, new Set([supervisor.module])) }));
}

const place = (module: Module, line: number): { readonly file: string; readonly line: number } => ({ file: module.file.path, line });
const noteOf = ({ strategy, complete }: Supervisor): string => [strategy ?? "", complete ? "" : "more children at run time"].filter((part) => part !== "").join(", ");

function childrenOf(supervisor: Supervisor, above: ReadonlySet<Module>): readonly Supervised[] {
  return supervisor.children.map((child) => {
    const own = moduleOf(child);
    const inner = own === undefined || above.has(own) || above.size > DEEPEST ? undefined : supervisorsIn(own)[0];
    return {
      ...place(child.clause.fn.module, child.node.line),
      name: child.id ?? child.module ?? shortened(child.node.text),
      note: [inner === undefined ? "" : noteOf(inner), restartNote(child), child.conditional ? "only under a condition" : ""].filter((part) => part !== "").join(", "),
      children: inner === undefined || own === undefined ? [] : childrenOf(inner, new Set([...above, own])),
    };
  });
}

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
};

/** The restart type where it is not the usual one. */
function restartNote(child: Child): string {
  const restart = restartOf(child)?.value;
  return restart === undefined || restart === "permanent" ? "" : restart;
}
