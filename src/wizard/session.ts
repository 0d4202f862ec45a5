import type { FunctionMap } from "../decompose/layout/map.ts";
import type { Alternative, Plan } from "../decompose/plan/plan.ts";

export const steps = ["understand", "shape", "review", "apply", "verify"] as const;
export type StepId = (typeof steps)[number];

/** Modules to be, with the functions that go there; what is in none stays. */
export type Groups = readonly { readonly module: string; readonly functions: readonly string[] }[];

/** What became of one step's edits. */
export type StepState = "open" | "applied";

/** What a command of the verification said. */
export type Check = { readonly title: string; readonly state: "running" | "passed" | "failed"; readonly output: string };

/** Everything about one walk through a decomposition. Plain data; changed by `update` and `received` alone. */
export type Session = {
  readonly step: StepId;
  readonly plan: Plan;
  readonly map: FunctionMap;
  /** The alternative the shape began as. */
  readonly chosen: string;
  readonly shape: Alternative;
  readonly past: readonly Alternative[];
  readonly future: readonly Alternative[];
  /** Functions the user nailed to where they are. */
  readonly pins: readonly string[];
  /** What had to follow the last change, in sentences. */
  readonly notes: readonly string[];
  readonly problem: string | undefined;
  readonly isBusy: boolean;
  /** Titles of groups that are moved already. */
  readonly applied: readonly string[];
  readonly checks: readonly Check[];
  readonly canVerify: boolean;
  /** The file changed since the plan was made; what was left of it was taken over. */
  readonly staleNotes: readonly string[];
};

/** What the page asks for. */
export type Intent =
  | { readonly kind: "go"; readonly step: StepId }
  | { readonly kind: "choose"; readonly id: string }
  | { readonly kind: "move"; readonly functions: readonly string[]; readonly to: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "merge"; readonly from: string; readonly into: string }
  | { readonly kind: "split"; readonly functions: readonly string[]; readonly name: string }
  | { readonly kind: "pin"; readonly function: string; readonly isOn: boolean }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "open"; readonly line: number }
  | { readonly kind: "preview"; readonly module: string }
  | { readonly kind: "apply"; readonly modules: readonly string[] }
  | { readonly kind: "undoAll" }
  | { readonly kind: "verify"; readonly withTests: boolean }
  | { readonly kind: "copyMessage" };

/** Work that the session itself cannot do; whoever runs it answers with `received`. */
export type Effect =
  | { readonly kind: "reshape"; readonly groups: Groups }
  | { readonly kind: "open"; readonly line: number }
  | { readonly kind: "preview"; readonly module: string; readonly groups: Groups }
  | { readonly kind: "apply"; readonly modules: readonly string[]; readonly groups: Groups }
  | { readonly kind: "undoAll" }
  | { readonly kind: "verify"; readonly withTests: boolean }
  | { readonly kind: "copy"; readonly text: string };

export type Answer =
  | { readonly kind: "reshaped"; readonly alternative: Alternative; readonly notes: readonly string[] }
  | { readonly kind: "applied"; readonly modules: readonly string[] }
  | { readonly kind: "undone" }
  | { readonly kind: "checks"; readonly checks: readonly Check[] }
  | { readonly kind: "problem"; readonly message: string };

export type Begin = { readonly plan: Plan; readonly map: FunctionMap; readonly canVerify: boolean; readonly shape?: Alternative; readonly pins?: readonly string[]; readonly applied?: readonly string[]; readonly step?: StepId; readonly staleNotes?: readonly string[] };

/** A walk at its beginning, or where an earlier one stopped. Undefined when the plan proposes nothing. */
export function begin({ plan, map, canVerify, shape, pins = [], applied = [], step = "understand", staleNotes = [] }: Begin): Session | undefined {
  const first = plan.alternatives.find((alternative) => alternative.default) ?? plan.alternatives[0];
  const current = shape ?? first;
  if (current === undefined) return undefined;
  return { step, plan, map, chosen: shape === undefined ? current.id : "edited", shape: current, past: [], future: [], pins, notes: [], problem: undefined, isBusy: false, applied, checks: [], canVerify, staleNotes };
}

export const groupsOf = ({ groups }: Pick<Alternative, "groups">): Groups => groups.map(({ module, functions }) => ({ module, functions }));

const withoutArity = (id: string): string => id.slice(0, id.lastIndexOf("/"));
const moduleName = /^[A-Z][A-Za-z0-9_]*(\.[A-Z][A-Za-z0-9_]*)*$/;

export type Outcome = { readonly session: Session; readonly effect?: Effect };

/** The session after an intent, and the work it asks for. Never throws: an intent that makes no sense leaves a sentence. */
export function update(session: Session, intent: Intent): Outcome {
  const clean = { ...session, problem: undefined, notes: [] };
  switch (intent.kind) {
    case "go":
      return { session: { ...session, step: intent.step } };
    case "choose":
      return choose(clean, intent.id);
    case "move":
      return reshape(clean, moved(clean, intent.functions, intent.to));
    case "rename":
      return rename(clean, intent.from, intent.to);
    case "merge":
      return reshape(clean, merged(groupsOf(clean.shape), intent.from, intent.into));
    case "split":
      return split(clean, intent.functions, intent.name);
    case "pin":
      return { session: { ...clean, pins: intent.isOn ? [...new Set([...clean.pins, intent.function])].sort() : clean.pins.filter((id) => id !== intent.function) } };
    case "undo":
      return back(clean);
    case "redo":
      return forward(clean);
    case "open":
      return { session, effect: { kind: "open", line: intent.line } };
    case "preview":
      return { session: clean, effect: { kind: "preview", module: intent.module, groups: groupsOf(clean.shape) } };
    case "apply":
      return { session: { ...clean, isBusy: true }, effect: { kind: "apply", modules: intent.modules.filter((module) => !clean.applied.includes(module)), groups: groupsOf(clean.shape) } };
    case "undoAll":
      return { session: { ...clean, isBusy: true }, effect: { kind: "undoAll" } };
    case "verify":
      return { session: { ...clean, isBusy: true }, effect: { kind: "verify", withTests: intent.withTests } };
    case "copyMessage":
      return { session, effect: { kind: "copy", text: commitMessage(session) } };
  }
}

/** The session after work was done for it. */
export function received(session: Session, answer: Answer): Session {
  switch (answer.kind) {
    case "reshaped":
      return { ...session, past: [...session.past, session.shape], future: [], shape: answer.alternative, notes: answer.notes, isBusy: false };
    case "applied":
      return { ...session, applied: [...session.applied, ...answer.modules], isBusy: false };
    case "undone":
      return { ...session, applied: [], checks: [], isBusy: false };
    case "checks":
      return { ...session, checks: answer.checks, isBusy: answer.checks.some(({ state }) => state === "running") };
    case "problem":
      return { ...session, problem: answer.message, isBusy: false };
  }
}

function choose(session: Session, id: string): Outcome {
  const alternative = session.plan.alternatives.find((candidate) => candidate.id === id);
  if (alternative === undefined || session.applied.length > 0) return { session };
  const chosen = { ...session, chosen: id };
  const held = session.pins.flatMap((pinned): (readonly [string, string])[] => [[pinned, homeOf(session, pinned)]]);
  if (held.length === 0) return { session: { ...chosen, past: [...session.past, session.shape], future: [], shape: alternative } };
  const groups = held.reduce<Groups>((current, [pinned, home]) => movedIn(current, new Set([withoutArity(pinned)]), home), groupsOf(alternative));
  return { session: { ...chosen, isBusy: true }, effect: { kind: "reshape", groups } };
}

const homeOf = ({ shape }: Session, id: string): string => shape.groups.find((group) => group.functions.includes(id))?.module ?? "";

/** All arities of a name go together, since they share clauses' docs and callers rarely tell them apart. */
function moved(session: Session, functions: readonly string[], to: string): Groups {
  const pinned = new Set(session.pins);
  const names = new Set(functions.filter((id) => !pinned.has(id)).map(withoutArity));
  return movedIn(groupsOf(session.shape), names, to, [...session.shape.stays, ...session.shape.groups.flatMap((group) => group.functions)]);
}

function movedIn(groups: Groups, names: ReadonlySet<string>, to: string, all: readonly string[] = groups.flatMap((group) => group.functions)): Groups {
  const moving = all.filter((id) => names.has(withoutArity(id)));
  const left = groups.map((group) => ({ ...group, functions: group.functions.filter((id) => !names.has(withoutArity(id))) }));
  return left.map((group) => (group.module === to ? { ...group, functions: [...group.functions, ...moving] } : group)).filter((group) => group.functions.length > 0);
}

function merged(groups: Groups, from: string, into: string): Groups {
  const source = groups.find((group) => group.module === from);
  if (source === undefined || from === into) return groups;
  return groups.filter((group) => group !== source).map((group) => (group.module === into ? { ...group, functions: [...group.functions, ...source.functions] } : group));
}

function rename(session: Session, from: string, to: string): Outcome {
  if (from === to) return { session };
  const wrong = wrongName(session, to);
  if (wrong !== undefined) return { session: { ...session, problem: wrong } };
  return reshape(session, groupsOf(session.shape).map((group) => (group.module === from ? { ...group, module: to } : group)));
}

function split(session: Session, functions: readonly string[], name: string): Outcome {
  const wrong = functions.length === 0 ? "Select the functions that should go to a module of their own." : wrongName(session, name);
  if (wrong !== undefined) return { session: { ...session, problem: wrong } };
  return reshape({ ...session }, movedIn([...groupsOf(session.shape), { module: name, functions: [] }], new Set(functions.map(withoutArity)), name, [...session.shape.stays, ...session.shape.groups.flatMap((group) => group.functions)]));
}

function wrongName({ shape, plan }: Session, name: string): string | undefined {
  if (!moduleName.test(name)) return `${name === "" ? "An empty name" : name} is no module name. Module names look like ${plan.module}.Parser.`;
  return name === plan.module || shape.groups.some((group) => group.module === name) ? `${name} is taken. Choose another name, or merge the two groups.` : undefined;
}

function reshape(session: Session, groups: Groups): Outcome {
  if (session.applied.length > 0) return { session: { ...session, problem: "Part of the plan is applied already. Undo it before changing the shape." } };
  return { session: { ...session, isBusy: true }, effect: { kind: "reshape", groups } };
}

function back(session: Session): Outcome {
  const previous = session.past.at(-1);
  if (previous === undefined || session.applied.length > 0) return { session };
  return { session: { ...session, past: session.past.slice(0, -1), future: [session.shape, ...session.future], shape: previous } };
}
function forward(session: Session): Outcome {
  const [next, ...rest] = session.future;
  if (next === undefined || session.applied.length > 0) return { session };
  return { session: { ...session, past: [...session.past, session.shape], future: rest, shape: next } };
}

/** What to write into the history of the project. */
export function commitMessage({ plan, shape, applied }: Session): string {
  const groups = shape.groups.filter(({ module }) => applied.length === 0 || applied.includes(module));
  return [`Split ${plan.module} into ${groups.length + 1} modules`, "", `${plan.module} keeps its exported functions and delegates to:`, "", ...groups.map(({ module, functions }) => `- ${module} (${functions.length} functions)`)].join("\n");
}
