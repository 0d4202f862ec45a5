import { groupsOf, type Groups, merged, moved, namedUnlike } from "./groups.ts";
import { commitMessage, type Effect, type Intent, type Problem, type Session, versionOf } from "./session.ts";
import { walkSteps } from "./walk-steps.ts";

export type Outcome = { readonly session: Session; readonly effect?: Effect };

const moduleName = /^[A-Z][A-Za-z0-9_]*(\.[A-Z][A-Za-z0-9_]*)*$/;

/** The session after an intent, and the work it asks for. Never throws: an intent that makes no sense leaves a sentence. */
export function update(session: Session, intent: Intent): Outcome {
  const clean = { ...session, problem: undefined, notes: [] };
  switch (intent.kind) {
    case "go":
      return { session: { ...session, problem: undefined, step: intent.step } };
    case "choose":
      return changing(clean, () => choose(clean, intent.id));
    case "grade":
      return changing(clean, () => ({ session: { ...clean, doing: "Regrouping" }, effect: { kind: "grade", grade: intent.grade } }));
    case "splitFile":
      return changing(clean, () => ({ session: { ...clean, splitsFile: intent.isOn } }));
    case "move":
      return changing(clean, () => reshape(clean, movedTo(clean, intent.functions, intent.to)));
    case "rename":
      return changing(clean, () => rename(clean, intent.from, intent.to));
    case "merge":
      return changing(clean, () => reshape(clean, merged(groupsOf(clean.shape), intent.from, intent.into)));
    case "split":
      return changing(clean, () => split(clean, intent.functions, intent.name));
    case "pin":
      return changing(clean, () => ({ session: { ...clean, pins: intent.isOn ? [...new Set([...clean.pins, ...intent.functions])].sort() : namedUnlike(clean.pins, intent.functions) } }));
    case "ask":
      return changing(clean, () => ask({ ...session, problem: undefined }, intent));
    case "undo":
      return changing(clean, () => back(clean));
    case "redo":
      return changing(clean, () => forward(clean));
    case "open":
      return { session, effect: { kind: "open", file: intent.file === "" ? session.plan.file : intent.file, line: intent.line } };
    case "preview":
      return preview(clean, intent.step);
    case "apply":
      return apply(clean, intent.steps, intent.withPreview);
    case "undoAll":
      return { session: { ...clean, doing: "Undoing all steps" }, effect: { kind: "undoAll" } };
    case "test":
      return { session: { ...clean, tests: intent.isOn ? [...new Set([...clean.tests, intent.file])].sort() : clean.tests.filter((file) => file !== intent.file) } };
    case "verify":
      return { session: { ...clean, doing: "Checking" }, effect: { kind: "verify", tests: clean.tests } };
    case "remedy":
      return session.problem?.remedy === undefined ? { session } : { session: clean, effect: { kind: "remedy", remedy: session.problem.remedy } };
    case "copyMessage":
      return { session, effect: { kind: "copy", text: commitMessage(session) } };
  }
}

const frozen: Problem = { message: "Part of the plan is written already, so its shape is settled.", remedy: { label: "Undo all steps", kind: "undoAll", file: "" } };

/** Runs a change of the shape, which a plan that is partly written no longer takes. */
function changing(session: Session, change: () => Outcome): Outcome {
  return session.applied.length > 0 ? { session: { ...session, problem: frozen } } : change();
}

function choose(session: Session, id: string): Outcome {
  const alternative = session.plan.alternatives.find((candidate) => candidate.id === id);
  if (alternative === undefined) return { session };
  if (session.pins.length === 0) return { session: { ...session, past: [...session.past, versionOf(session)], future: [], shape: alternative, chosen: id, grade: undefined } };
  const { session: busy, effect } = reshape(session, withPins(session, groupsOf(alternative)));
  return { session: busy, effect: { ...effect, chosen: id } };
}

/** Pinned functions keep the module they are in, whatever the rest does. */
export function withPins({ pins, shape }: Pick<Session, "pins" | "shape">, groups: Groups): Groups {
  const homeOf = (id: string): string => shape.groups.find((group) => group.functions.includes(id))?.module ?? "";
  let current = groups;
  for (const pinned of pins) {
    const home = homeOf(pinned);
    if (home !== "" && !current.some(({ module }) => module === home)) current = current.concat({ module: home, functions: [] });
    current = moved(current, [pinned], home, [pinned]);
  }
  return current;
}

const everything = ({ shape }: Session): readonly string[] => [...shape.stays, ...shape.groups.flatMap((group) => group.functions)];

function movedTo(session: Session, functions: readonly string[], to: string): Groups {
  return moved(groupsOf(session.shape), namedUnlike(functions, session.pins), to, everything(session));
}

/** What is missing in a change is asked for, unless no answer could lead on. */
function ask(session: Session, { what, functions, module }: Extract<Intent, { readonly kind: "ask" }>): Outcome {
  const { pins, plan, shape } = session;
  const movable = namedUnlike(functions, [...pins, ...plan.pinned.map((pin) => pin.function)]);
  const stop = (message: string): Outcome => ({ session: { ...session, problem: { message } } });
  if (what === "merge" && shape.groups.every((group) => group.module === module)) return stop("There is no other module to merge into.");
  if ((what === "move" || what === "split") && movable.length === 0) return stop("What is selected stays or is pinned. Unpin it (P), or select other functions.");
  return { session, effect: { kind: "ask", what, functions: movable, module } };
}

function rename(session: Session, from: string, to: string): Outcome {
  if (from === to) return { session };
  const wrong = wrongName(session, to);
  if (wrong !== undefined) return { session: { ...session, problem: { message: wrong } } };
  return reshape(session, groupsOf(session.shape).map((group) => (group.module === from ? { ...group, module: to } : group)));
}

function split(session: Session, functions: readonly string[], name: string): Outcome {
  const wrong = functions.length === 0 ? "Select the functions that should go to a module of their own." : wrongName(session, name);
  if (wrong !== undefined) return { session: { ...session, problem: { message: wrong } } };
  return reshape(session, moved([...groupsOf(session.shape), { module: name, functions: [] }], functions, name, everything(session)));
}

/** Why a group cannot have a name; undefined when it can. */
export function wrongName({ shape, plan }: Pick<Session, "shape" | "plan">, name: string): string | undefined {
  if (!moduleName.test(name)) return `${name === "" ? "An empty name" : name} is no module name. Module names look like ${plan.module}.Parser.`;
  return name === plan.module || shape.groups.some((group) => group.module === name) ? `${name} is taken. Choose another name, or merge the two groups.` : undefined;
}

const reshape = (session: Session, groups: Groups): { readonly session: Session; readonly effect: Extract<Effect, { readonly kind: "reshape" }> } => ({ session: { ...session, doing: "Regrouping" }, effect: { kind: "reshape", groups } });

function back(session: Session): Outcome {
  const previous = session.past.at(-1);
  if (previous === undefined) return { session };
  return { session: { ...session, past: session.past.slice(0, -1), future: [versionOf(session), ...session.future], ...previous } };
}
function forward(session: Session): Outcome {
  const [next, ...rest] = session.future;
  if (next === undefined) return { session };
  return { session: { ...session, past: [...session.past, versionOf(session)], future: rest, ...next } };
}

/** One step on what the steps before it leave; all open ones when no step is named. */
function preview(session: Session, key: string): Outcome {
  const open = walkSteps(session).filter((step) => !session.applied.includes(step.key));
  const at = open.findIndex((step) => step.key === key);
  const steps = key === "" ? open : open.slice(0, at + 1);
  if (steps.length === 0) return { session };
  const title = key === "" ? `Split ${session.plan.module}` : (steps.at(-1)?.title ?? "");
  return { session, effect: { kind: "preview", steps, from: key === "" ? 0 : at, title } };
}

function apply(session: Session, keys: readonly string[], withPreview: boolean): Outcome {
  const open = walkSteps(session).filter((step) => !session.applied.includes(step.key));
  const wanted = keys.length === 0 ? open : open.filter((step) => keys.includes(step.key));
  if (wanted.length === 0) return { session };
  return { session: { ...session, doing: `Writing ${wanted[0]?.title ?? ""}` }, effect: { kind: "apply", steps: wanted, withPreview } };
}
