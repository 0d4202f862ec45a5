import { nearest } from "../../engine/nearest.ts";
import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { definedFields, isPattern } from "../../model/fields.ts";
import { bindsAll, boundIn, partOf, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { type FieldWrite, fieldWritesIn, isState, stateParameters, stateShapeOf } from "../../model/state.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "unknown-state-key",
  family: "errors",
  title: "Update of a key that the state never has",
  severity: "critical",
  set: "default",
  fix: { kind: "guided", title: "Add the key to the state that init/1 returns" },
  source: "https://hexdocs.pm/elixir/Kernel.SpecialForms.html#%25%7B%7D/1",
  doc: {
    what: "A callback updates a key of its state with `%{state | key: value}`, reads `state.key`, or asks for one in its pattern, and no path of `init/1` or of the handlers ever puts that key there.",
    why: "`%{map | key: value}` only changes keys that exist. The first such message raises KeyError and stops the server; a clause that asks for such a key in its pattern never runs.",
    instead: "Give the key a value in `init/1`, or use the key that was meant.",
    fine: ["The state comes from code that cannot be resolved.", "The key is added by `Map.put` or a merge.", "A struct with a compiler-checked `%State{state | …}`.", "The clause's pattern requires the key."],
    never: "`Map.put` at the place: it hides the next misspelt key.",
    sure: "Proven when `init/1` returns a map or struct literal on every path and no handler adds keys; likely in a helper that gets the state.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(d), do: {:ok, %{dough: d}}
        def handle_cast({:bake, t}, s), do: {:noreply, %{s | task: t}} #! never has the key \`:task\`
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(d), do: {:ok, %{dough: d, task: nil}}
        def handle_cast({:bake, t}, s), do: {:noreply, %{s | task: t}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "gen_statem")) return;
    const shape = stateShapeOf(module);
    if (shape.isOpen || shape.literals.length === 0) return;
    const declared = structKeys(module, shape.struct);
    if (shape.struct !== undefined && declared.length === 0) return;
    const keys = new Set([...shape.keys, ...declared]);
    for (const write of fieldWritesIn(module)) {
      if (!write.isStrict || keys.has(write.field) || write.base === undefined) continue;
      const where = subjectOf(write);
      if (where === undefined || requires(write.clause, write.field)) continue;
      yield report(module, write, where, [...keys], shape.literals);
    }
    yield* unknownReads(module, keys, shape.literals);
    yield* deadClauses(module, keys, shape.literals);
  },
});

/** Fields of a struct defined in the workspace; empty when one of them cannot be read. */
function structKeys(module: Module, struct: string | undefined): readonly string[] {
  const owner = struct === undefined ? undefined : module.workspace.module(struct, module);
  return owner === undefined ? [] : (definedFields(owner)?.map(({ name }) => name) ?? []);
}

/** Whether what is updated is the state itself: in a callback, or in a helper that is given it. */
function subjectOf(write: FieldWrite): "callback" | "helper" | undefined {
  const { base, clause } = write;
  if (base?.kind !== "var" || isRebound(base, clause)) return undefined;
  if (clause.fn.isCallback && clause.fn.name !== "init" && isState(base, clause)) return "callback";
  const positions = stateParameters(clause.fn);
  const index = clause.params.findIndex((param) => bindsAll(param, base.name));
  return !clause.fn.isCallback && index >= 0 && positions.has(index) && clause.fn.callers.every((site) => site.fn.isCallback && isState(site.args[index], site.clause)) ? "helper" : undefined;
}

/** A variable that is bound again before its use, by `=`, `<-`, or the pattern of a branch or closure around it, may be anything. */
function isRebound(base: Expr, clause: Clause): boolean {
  const binds = (pattern: Expr | undefined): boolean => pattern !== undefined && boundIn(pattern).has(base.name);
  for (const above of base.ancestors()) if (above.kind === "clause" && above.params.some(binds)) return true;
  for (const expr of clause.node.descendants()) {
    if (expr.id >= base.id) return false;
    if ((expr.kind === "match" || expr.isOp("<-")) && !clause.params.some((param) => param.contains(expr)) && binds(expr.left)) return true;
  }
  return false;
}

/** The clause only runs when the key is there. */
const requires = (clause: Clause, field: string): boolean => clause.params.some((param) => [...param.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom(field) === true)) || (clause.guard !== undefined && [...clause.guard.descendants()].some((part) => part.isCall("is_map_key") && part.args.some((arg) => arg.isAtom(field))));

function report(module: Module, write: FieldWrite, where: "callback" | "helper", keys: readonly string[], literals: readonly Expr[]): Report {
  const [message] = write.clause.params;
  const tag = message === undefined ? "" : quoted(message, 40);
  return {
    at: write.at,
    confidence: where === "callback" ? "proven" : "likely",
    message: `${module.shortName} never has the key \`:${write.field}\`: its state holds {${keys.toSorted().slice(0, 8).join(", ")}${keys.length > 8 ? ", …" : ""}}. The first ${where === "callback" && tag !== "" ? `\`${tag}\`` : `run of \`${write.clause.fn.id}\``} raises KeyError and stops the server.`,
    related: literals.slice(0, 3).map((literal) => ({ at: literal, message: "the state as init/1 returns it" })),
    evidence: [`Keys of the state: ${keys.join(", ")}.`],
    searched: [`\`Map.put(…, :${write.field}, …)\` or a merge that adds it (none)`, "a pattern that requires the key (none)"],
  };
}

/** `state.key` in a callback, for a key that the state never has; once for each key. */
function* unknownReads(module: Module, keys: ReadonlySet<string>, literals: readonly Expr[]): Generator<Report> {
  const said = new Set<string>();
  for (const clause of [...handlers, "terminate/2"].flatMap((id) => module.callback(id)))
    for (const read of clause.node.descendantsOf("field")) {
      const { name, target } = read;
      if (keys.has(name) || said.has(name) || !isState(target, clause) || target === undefined || isRebound(target, clause) || requires(clause, name) || isPattern(read) || [...read.ancestors()].some((above) => above.isCall("put_in", "update_in"))) continue;
      said.add(name);
      const near = nearest(name, keys)[0];
      yield {
        at: read,
        severity: "high",
        confidence: "proven",
        message: `${module.shortName} never has the key \`:${name}\`${near === undefined ? "" : ` (nearest is \`:${near}\`)`}: this read raises KeyError${clause.fn.name === "terminate" ? ", and the rest of the clean-up is skipped" : " and stops the server"}.`,
        related: literals.slice(0, 3).map((literal) => ({ at: literal, message: "the state as init/1 returns it" })),
        evidence: [`Keys of the state: ${[...keys].join(", ")}.`],
        searched: [`\`Map.put(…, :${name}, …)\` or a merge that adds it (none)`],
      };
    }
}

const handlers = ["handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2"] as const;

/** Clauses whose pattern asks the state for a key that it never has: they never run, and the next clause takes their messages. */
function* deadClauses(module: Module, keys: ReadonlySet<string>, literals: readonly Expr[]): Generator<Report> {
  for (const clause of handlers.flatMap((id) => module.callback(id))) {
    const pattern = partOf(clause.lastParam(0), "map");
    const unknown = pattern?.pairs.find(({ key }) => key?.kind === "atom" && !keys.has(key.name) && !isMadeIn(module, key.name))?.key;
    if (unknown === undefined) continue;
    const near = nearest(unknown.name, keys)[0];
    yield {
      at: unknown,
      severity: "high",
      confidence: "proven",
      message: `\`${clause.fn.id}\` asks the state for \`:${unknown.name}\`, a key that ${module.shortName} never has${near === undefined ? "" : ` (nearest is \`:${near}\`)`}: this clause never runs.`,
      related: literals.slice(0, 3).map((literal) => ({ at: literal, message: "the state as init/1 returns it" })),
      evidence: [`Keys of the state: ${[...keys].join(", ")}.`],
      searched: [`a map or a call in the module that names :${unknown.name} (none)`],
    };
  }
}

/** Somewhere in the bodies of the module the key is written: as a key of a map, or as an atom that code may put. */
const isMadeIn = (module: Module, key: string): boolean => module.functions.some((fn) => fn.clauses.some((clause) => clause.body.some((expr) => expr.descendantsOf("atom").some((atom) => atom.name === key))));
