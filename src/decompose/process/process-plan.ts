import { louvain } from "../cluster/louvain.ts";
import { addWeight, emptyWeights } from "../cluster/matrix.ts";
import type { ProcessBlock, ProcessPlan, ProcessRow } from "../plan/plan.ts";
import { listed } from "../plan/steps.ts";
import type { Definition } from "../read/module-source.ts";
import type { Unit, UnitModule } from "../read/unit.ts";
import { type StateUse, StateTracker } from "./state-use.ts";

/** Where each callback gets its state. */
const stateAt: Readonly<Record<string, number>> = { "handle_call/3": 2, "handle_cast/2": 1, "handle_info/2": 1, "handle_continue/2": 1, "terminate/2": 1, "handle_demand/2": 1, "handle_events/3": 2, "handle_event/3": 2, "handle_async/3": 2, "handle_params/3": 2, "handle_in/3": 2 };
/** A field that more than this share of the callbacks touches belongs to nobody. */
const SHARED = 0.6;
const LEAST_ROWS = 4;
/** Share of touched fields that must be a block's own before it is worth a process. */
const LEAST_COHESION = 0.7;

type Row = { readonly definition: Definition; readonly id: string; readonly message: string; readonly use: StateUse };

/** The callbacks of a process with the state they touch, in blocks; undefined for a module that is no process or has too little of it. */
export function processPlanOf(module: UnitModule): ProcessPlan | undefined {
  const tracker = new StateTracker(module);
  const rows = rowsOf(module, tracker);
  const fields = [...new Set(rows.flatMap(({ use }) => touched(use)))];
  if (rows.length < LEAST_ROWS || fields.length < 2) return undefined;
  const shared = fields.filter((field) => rows.filter(({ use }) => touches(use, field)).length > Math.max(2, rows.length * SHARED));
  const groups = blocksOf(rows, fields.filter((field) => !shared.includes(field)));
  const ordered = groups.flat();
  const rest = rows.filter((row) => !ordered.includes(row));
  const homes = new Map(fields.map((field) => [field, homeOf(field, groups, shared)]));
  const columns = fields.toSorted((a, b) => (homes.get(a) ?? 0) - (homes.get(b) ?? 0));
  const taken = new Set<string>();
  return {
    fields: columns,
    callbacks: [...ordered, ...rest].map((row) => rowFor(row, columns)),
    blocks: groups.flatMap((block, i) => {
      const own = columns.filter((field) => homes.get(field) === i);
      return own.length === 0 ? [] : [blockFor(module, tracker, block, own, shared, rows, taken)];
    }),
  };
}

function rowsOf(module: UnitModule, tracker: StateTracker): readonly Row[] {
  const rows: Row[] = [];
  if (module.uses.length === 0 && module.behaviours.length === 0) return rows;
  for (const unit of module.units.values())
    for (const definition of unit.definitions) {
      const position = stateAt[`${definition.name}/${definition.arity}`];
      if (position === undefined || definition.isPrivate) continue;
      const message = definition.name === "terminate" ? "terminate" : (definition.params[0]?.text.replace(/\s+/g, " ").slice(0, 60) ?? "");
      rows.push({ definition, id: `${definition.name}/${definition.arity}`, message, use: tracker.useIn(definition, position) });
    }
  return rows;
}

const touched = ({ reads, writes }: StateUse): readonly string[] => [...new Set([...writes, ...reads])];
const touches = ({ reads, writes }: StateUse, field: string): boolean => reads.has(field) || writes.has(field);

/** Callbacks that touch the same fields, most connected first; a field that few touch ties more than one that many do. */
function blocksOf(rows: readonly Row[], fields: readonly string[]): readonly (readonly Row[])[] {
  const bound = rows.filter((row) => !isAnything(row)).filter(({ use }) => fields.some((field) => touches(use, field)));
  const weights = emptyWeights(bound.length);
  for (const field of fields) {
    const users = bound.flatMap(({ use }, i) => (touches(use, field) ? [i] : []));
    users.forEach((a, at) => {
      for (const b of users.slice(at + 1)) addWeight(weights, a, b, 1 / (users.length - 1));
    });
  }
  const partition = louvain(weights, 1);
  const groups = [...new Set(partition)].map((group) => bound.filter((_, i) => partition[i] === group));
  return groups.toSorted((a, b) => b.length - a.length || (a[0]?.definition.node.start ?? 0) - (b[0]?.definition.node.start ?? 0));
}

/** A catch-all clause and `terminate` serve whatever else is there. */
const isAnything = ({ definition }: Row): boolean => definition.name === "terminate" || definition.params[0]?.kind === "var";

/** The block whose callbacks touch a field most; shared fields come last. */
function homeOf(field: string, groups: readonly (readonly Row[])[], shared: readonly string[]): number {
  if (shared.includes(field)) return groups.length;
  const counts = groups.map((block) => block.filter(({ use }) => touches(use, field)).length + block.filter(({ use }) => use.writes.has(field)).length);
  return counts.indexOf(Math.max(0, ...counts));
}

const rowFor = ({ id, message, definition, use }: Row, fields: readonly string[]): ProcessRow => ({ id, message, line: definition.node.line, marks: fields.map((field) => (use.writes.has(field) ? "write" : use.reads.has(field) ? "read" : "")) });

function blockFor(module: UnitModule, tracker: StateTracker, block: readonly Row[], own: readonly string[], shared: readonly string[], rows: readonly Row[], taken: Set<string>): ProcessBlock {
  const name = nameOf(own, block, taken);
  const foreign = [...new Set(block.flatMap(({ use }) => touched(use)).filter((field) => !own.includes(field)))];
  const marks = block.reduce((sum, { use }) => sum + touched(use).length, 0);
  const inner = block.reduce((sum, { use }) => sum + touched(use).filter((field) => own.includes(field)).length, 0);
  return {
    name,
    rows: block.map(({ id, message }) => `${id} ${message}`),
    fields: own,
    shared: foreign,
    cohesion: marks === 0 ? 0 : Math.round((inner / marks) * 1000) / 1000,
    risks: risksOf(block, own, foreign, rows),
    steps: stepsOf(module.name, `${module.name}.${name}`, block, own, foreign, pureHelpers(module, tracker, own, shared), isSeparable(block, own, foreign, marks === 0 ? 0 : inner / marks)),
  };
}

/** A block may become a process when most of what it touches is its own, and seldom changes together with the rest. */
const isSeparable = (block: readonly Row[], own: readonly string[], foreign: readonly string[], cohesion: number): boolean => cohesion >= LEAST_COHESION && mixed(block, own, foreign).length <= block.length / 4;

const mixed = (block: readonly Row[], own: readonly string[], foreign: readonly string[]): readonly Row[] => block.filter(({ use }) => foreign.some((field) => use.writes.has(field)) && own.some((field) => use.writes.has(field)));

/** The way to a process of its own, the safe part first; where the state is too entangled the safe part is all. */
function stepsOf(old: string, server: string, block: readonly Row[], own: readonly string[], foreign: readonly string[], pure: readonly string[], separable: boolean): readonly string[] {
  const messages = listed(block.map(({ message }) => message));
  const first = `${pure.length > 0 ? `Move the functions that work on ${listed(own)} alone (${listed(pure)})` : `Put what the callbacks do to ${listed(own)} into functions, and those`} to ${server}State: state in, state out, no process yet. This is safe.`;
  if (!separable) return [first, `Leave it at that: ${messages} change${block.length === 1 ? "s" : ""} or read${block.length === 1 ? "s" : ""} ${listed(foreign)} as well, so two processes would have to ask each other all the time.`];
  return [
    first,
    `Write ${server} as a GenServer whose state is ${listed(own)} alone, with start_link/1 and the callbacks for ${messages}.`,
    `Start it under the supervisor of ${old}, before ${old}, with the strategy rest_for_one: when it restarts, ${old} must not go on with answers of its predecessor.`,
    `Let the client functions of ${old} that send ${messages} address ${server}; their names and results stay.`,
    `Take ${listed(own)} out of the state of ${old}${foreign.length > 0 ? `; hand ${listed(foreign)} over in the message or at the start` : ""}.`,
  ];
}

/** What goes wrong when a block becomes a process of its own. */
function risksOf(block: readonly Row[], own: readonly string[], foreign: readonly string[], rows: readonly Row[]): readonly string[] {
  const outside = rows.filter((row) => !block.includes(row) && own.some((field) => touches(row.use, field)));
  const both = mixed(block, own, foreign);
  const says = (row: Row, ...names: readonly string[]): boolean => [...row.definition.node.descendants()].some((node) => node.isCall(...names));
  const timed = block.filter((row) => says(row, "Process.send_after", ":timer.send_after", ":timer.send_interval", "send"));
  const watching = block.filter((row) => says(row, "Process.monitor", "Process.link", "Process.flag", "Task.async", "Task.Supervisor.async_nolink"));
  const names = (list: readonly Row[]): string => listed(list.map(({ message }) => message));
  return [
    ...(outside.length > 0 ? [`${names(outside)} also use${outside.length === 1 ? "s" : ""} ${listed(own.filter((field) => outside.some(({ use }) => touches(use, field))))} and must ask the new process, or be told.`] : []),
    ...(both.length > 0 ? [`${names(both)} change${both.length === 1 ? "s" : ""} fields of both processes in one step; afterwards another message may come in between.`] : []),
    ...(timed.length > 0 ? [`${names(timed)} send${timed.length === 1 ? "s" : ""} messages to self(): timers and their handlers must move together.`] : []),
    ...(watching.length > 0 ? [`${names(watching)} monitor${watching.length === 1 ? "s" : ""}, link${watching.length === 1 ? "s" : ""} or await${watching.length === 1 ? "s" : ""}: the answers go to the process that asked.`] : []),
    "Messages to the two processes are no longer in one order.",
  ];
}

/** Helpers that take the state and touch fields of one block only. */
function pureHelpers(module: UnitModule, tracker: StateTracker, own: readonly string[], shared: readonly string[]): readonly string[] {
  const isEffectful = (unit: Unit): boolean => unit.definitions.some(({ node }) => [...node.descendants()].some((inner) => inner.isCall("send", "self", "spawn", "GenServer.call", "GenServer.cast", "GenServer.reply", "Process.send_after", "Process.monitor", "receive")));
  return [...module.units.values()].flatMap((unit) => {
    if (!unit.isPrivate || unit.isMacro || unit.isGuard || isEffectful(unit)) return [];
    const fits = unit.functions.some((shape) => shape.clauses[0]?.params.some((_, i) => {
      const fields = touched(tracker.useOf(shape.name, shape.arity, i));
      return fields.some((field) => own.includes(field)) && fields.every((field) => own.includes(field) || shared.includes(field));
    }));
    return fits ? [`${unit.name}/${unit.functions[0]?.arity ?? 0}`] : [];
  });
}

/** Named after the field most of its callbacks write. */
function nameOf(own: readonly string[], block: readonly Row[], taken: Set<string>): string {
  const weight = (field: string): number => block.filter(({ use }) => use.writes.has(field)).length * 2 + block.filter(({ use }) => use.reads.has(field)).length;
  const best = own.toSorted((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const camel = (field: string): string => field.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  let name = camel(best.find((field) => !taken.has(camel(field))) ?? "rest");
  for (let number = 2; taken.has(name); number++) name = `${camel(best[0] ?? "rest")}${number}`;
  taken.add(name);
  return name;
}
