import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Child, childOf, restartOf } from "./child-spec.ts";
import { literalName } from "./literals.ts";
import type { Module } from "./module.ts";
import { isSupervisor, supervisorsIn } from "./supervision.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";
import type { Workspace } from "./workspace.ts";
import { matchesOn } from "./flow.ts";

/** A child that code starts under a supervisor at run time. */
export type DynamicStart = {
  readonly site: CallSite;
  /** Literal name of the supervisor, or the module that is one. */
  readonly supervisor: string;
  /** Module of the child; undefined for tasks and computed specifications. */
  readonly child: string | undefined;
  readonly isTask: boolean;
};

const starts = ["DynamicSupervisor.start_child", "Supervisor.start_child", "Task.Supervisor.start_child", "Task.Supervisor.async", "Task.Supervisor.async_nolink", "Task.Supervisor.async_stream", "Task.Supervisor.async_stream_nolink"] as const;

/** Every place in a module of the product that starts a child under a supervisor whose name or module can be told. */
export const dynamicStartsIn = remembered((module: Module): readonly DynamicStart[] =>
  (module.isLib ? module.calls(...starts) : []).flatMap((site) => {
    const supervisor = site.node.kind === "call" ? supervisorNamed(site.args[0], site) : undefined;
    const isTask = site.name.startsWith("Task.");
    return supervisor === undefined ? [] : [{ site, supervisor, isTask, child: isTask ? undefined : childModule(site, module) }];
  }),
);

/** Places that start a module as a child. */
export const dynamicStartsOf = (child: Module): readonly DynamicStart[] => byChild(child.workspace).get(child.name);
const byChild = indexed("dynamic starts by child", (module) => dynamicStartsIn(module).flatMap((start) => (start.child === undefined ? [] : [[start.child, start] as const])));

/** Places that start a child under a supervisor of that name or module. */
export const dynamicStartsUnder = (workspace: Workspace, supervisor: string): readonly DynamicStart[] => bySupervisor(workspace).get(supervisor);
const bySupervisor = indexed("dynamic starts by supervisor", (module) => dynamicStartsIn(module).map((start) => [start.supervisor, start] as const));

/** A literal name, the partition of one, or the module itself when a supervisor's own function gets it as an argument. */
function supervisorNamed(written: Expr | undefined, site: CallSite): string | undefined {
  const { module } = site;
  const target = boundTo(written, site);
  const name = literalName(target, module);
  if (name !== undefined) return name;
  if (target?.kind === "tuple" && target.children[0]?.isAtom("via") && literalName(target.children[1], module) === "PartitionSupervisor") return literalName(target.children[2]?.children[0], module);
  return target?.kind === "var" && isSupervisor(module) ? module.name : undefined;
}

/** The last match of a variable before its use; other expressions stand for themselves. */
const boundTo = (written: Expr | undefined, site: CallSite): Expr | undefined => (written?.kind === "var" ? (matchesOn(site.clause.node, written.name).findLast(({ id }) => id < written.id)?.right ?? written) : written);

/** Restart type of what is started, where its specification is written at the start; undefined when it is computed. */
export function restartOfStarted({ site }: DynamicStart): string | undefined {
  const child = startedChild(site);
  return child === undefined ? undefined : restartOf(child)?.value;
}

/** What is started at a place, as far as its specification is written there or bound to a name before. */
export function startedChild(site: CallSite): Child | undefined {
  const bound = boundTo(site.args[1], site);
  return bound === undefined ? undefined : childOf(bound, { clause: site.clause, conditional: false, branches: [], isRepeated: false });
}

function childModule(site: CallSite, module: Module): string | undefined {
  const child = startedChild(site);
  if (child?.module !== undefined) return child.module;
  const [own] = site.name === "Supervisor.start_child" ? supervisorsIn(module) : [];
  return own?.children.length === 1 ? own.children[0]?.module : undefined;
}
