import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { type Child, hidesSpec, moduleOf, specMapsIn, together } from "../../model/child-spec.ts";
import { quoted } from "../../model/literals.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { isPlatform } from "../../model/reach.ts";
import { type Supervisor, supervisorsIn } from "../../model/supervision.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";

const restarts = new Set(["permanent", "transient", "temporary"]);
const types = new Set(["worker", "supervisor"]);

export default defineRule({
  id: "broken-child-spec",
  family: "supervision",
  title: "A child specification that cannot start",
  severity: "critical",
  set: "default",
  fix: { kind: "automatic", title: "Give each child its own id and its arguments as a list", ready: "where the arguments are no list and the start function takes one" },
  source: "https://hexdocs.pm/elixir/Supervisor.html#module-child-specification",
  doc: {
    what: "Two children have one id, the arguments of a start function are no list, the start function does not exist or does not answer `{:ok, pid}`, or restart and type are unknown words.",
    why: "The supervisor refuses such a list when it starts (`duplicate_child_name`, `invalid_mfa`, `invalid_restart_type`), or the child's start fails each time. Above it the whole application does not boot.",
    instead: "`Supervisor.child_spec({Oven, :gas}, id: :gas)` for a second child of a module, and `start: {Oven, :start_link, [options]}` with the options as one element of a list.",
    fine: ["Ids set by `Supervisor.child_spec/2` or in a map.", "Computed lists and ids.", "Modules outside the workspace.", "Children of a DynamicSupervisor: their ids are ignored."],
    sure: "Proven for literals; likely when a list of options stands where the arguments belong; review when a macro may define the start function.",
  },
  bad: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          children = [{Oven, :gas}, {Oven, :wood}] #! have the id Oven
          Supervisor.start_link(children, strategy: :one_for_one)
        end
      end
      defmodule Oven do
        use GenServer
        def start_link(kind), do: GenServer.start_link(__MODULE__, kind)
        def init(kind), do: {:ok, kind}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          children = [Supervisor.child_spec({Oven, :gas}, id: :gas), Supervisor.child_spec({Oven, :wood}, id: :wood)]
          Supervisor.start_link(children, strategy: :one_for_one)
        end
      end
      defmodule Oven do
        use GenServer
        def start_link(kind), do: GenServer.start_link(__MODULE__, kind)
        def init(kind), do: {:ok, kind}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const supervisor of supervisorsIn(module)) {
      yield* duplicates(supervisor);
      for (const child of supervisor.children) {
        const report = withoutSpec(supervisor, child);
        if (report !== undefined) yield report;
      }
    }
    for (const { spec, clause } of specMapsIn(module)) yield* judgeSpec(spec, clause, module);
  },
});

function* duplicates({ children, module }: Supervisor): Generator<Report> {
  for (const [i, child] of children.entries()) {
    if (child.id === undefined || child.clause.fn.module !== module || (!child.ownId && isForeign(child))) continue;
    const twin = children.slice(0, i).find((other) => other.id === child.id && (other.node !== child.node || child.clause.fn.clauses.length === 1) && together(other, child));
    if (twin === undefined && !(child.isRepeated && !child.ownId)) continue;
    if (twin !== undefined && children.slice(0, i).some((other) => other !== twin && other.id === child.id && together(other, child))) continue;
    const unsure = child.conditional || twin?.conditional === true || twin === undefined;
    yield {
      at: child.node,
      firstLineOnly: true,
      message: `${twin === undefined ? "All children of this loop" : `Both \`${short(twin)}\` and \`${short(child)}\``} have the id ${child.id}: the supervisor refuses to start${twin === undefined ? " as soon as there are two" : ""}. Give each its own with \`Supervisor.child_spec(…, id: …)\`.`,
      related: twin === undefined ? [] : [{ at: twin.node, message: "the twin" }],
      evidence: [child.ownId ? "The id is written at the child." : `The id comes from \`${child.module}.child_spec/1\`.`],
      confidence: unsure ? "likely" : "proven",
    };
  }
}
/** The `child_spec/1` of a library may take the id from its options, as many do with `:name`. */
const isForeign = (child: Child): boolean => child.module !== undefined && moduleOf(child) === undefined && !isPlatform(child.module);
const short = (child: Child): string => quoted(child.node, 40);

/** `Oven` or `{Oven, arg}` needs `Oven.child_spec/1`; a module of the workspace without any `use` has none. */
function withoutSpec({ module }: Supervisor, child: Child): Report | undefined {
  const target = moduleOf(child);
  const isShort = child.node.kind === "alias" || child.node.kind === "tuple";
  if (target === undefined || !isShort || child.clause.fn.module !== module || target.declared !== "module" || target.fn("child_spec", 1) !== undefined || target.uses.length > 0 || target.others.length > 0 || target.attributes.has("before_compile")) return undefined;
  return { at: child.node, message: `${target.name} has no \`child_spec/1\` and cannot be started as \`${short(child)}\`: the supervisor raises an ArgumentError when it starts. Add \`use GenServer\`, or write the specification as a map.`, related: [{ at: target.node.args[0] ?? target.node, message: "no `use` and no child_spec/1" }], confidence: "proven" };
}

function* judgeSpec(spec: Expr, clause: Clause, module: Module): Generator<Report> {
  const start = spec.get("start");
  const [target, name, args] = start?.children ?? [];
  if (start === undefined || args === undefined) return;
  const unlisted = argumentsFlaw(args, clause);
  if (unlisted !== undefined) {
    yield { at: start, message: `\`${quoted(args, 40)}\` ${unlisted.what}, but the third element of \`start:\` is the list of arguments: the child cannot start. Write \`[${quoted(args, 40)}]\`.`, evidence: [unlisted.why], confidence: unlisted.confidence, ready: () => inBrackets(start, args, module, unlisted.confidence === "proven") };
    return;
  }
  yield* wrongWord(spec, "restart", restarts);
  yield* wrongWord(spec, "type", types);
  const server = target?.kind === "alias" ? module.workspace.module(target.name, module) : undefined;
  if (server === undefined || name?.kind !== "atom" || args.kind !== "list" || args.children.some((arg) => arg.isOp("|"))) return;
  const fn = server.fn(name.name, args.children.length);
  if (fn === undefined) yield* missing(start, server, name.name, args.children.length);
  else yield* badReturn(start, fn);
}

/** The one argument as a list of one, if the start function takes one. */
function* inBrackets(start: Expr, args: Expr, module: Module, safe: boolean): Generator<FixDraft> {
  const [target, name] = start.children;
  const server = target?.kind === "alias" ? module.workspace.module(target.name, module) : undefined;
  if (name?.kind !== "atom" || (server !== undefined && !hidesSpec(server) && server.fn(name.name, 1) === undefined)) return;
  yield { title: "Put the argument into a list", safe, edits: [replaced(args, `[${args.text}]`)] };
}

/** Options given as the argument list itself, or something that is no list at all. */
function argumentsFlaw(args: Expr, clause: Clause): { readonly what: string; readonly why: string; readonly confidence: Report["confidence"] } | undefined {
  if (/^(atom|alias|number|string|map|struct|tuple)$/.test(args.kind)) return { what: "is no list", why: "Literals other than lists are no arguments.", confidence: "proven" };
  if (args.kind !== "var") return undefined;
  const readAt = [...clause.node.descendants()].find((expr) => (expr.isCall("Access.get") || (expr.kind === "call" && expr.module === "Keyword")) && expr.args[0]?.isVar(args.name) === true) ?? readByHelper(args, clause);
  return readAt === undefined ? undefined : { what: "is a list of options", why: `\`${quoted(readAt)}\` reads it as a keyword list.`, confidence: "likely" };
}

function readByHelper(args: Expr, clause: Clause): Expr | undefined {
  for (const site of clause.sites) {
    const index = site.args.findIndex((arg) => arg.isVar(args.name));
    if (index < 0 || site.callee?.module !== clause.fn.module) continue;
    for (const inner of site.callee.clauses) {
      const param = inner.params[index];
      const found = param?.kind === "var" ? [...inner.node.descendants()].find((expr) => expr.kind === "call" && expr.module === "Keyword" && expr.args[0]?.isVar(param.name) === true) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function* wrongWord(spec: Expr, key: string, words: ReadonlySet<string>): Generator<Report> {
  const value = spec.get(key);
  if (value?.kind === "atom" && value.name !== "nil" && !words.has(value.name)) yield { at: value, message: `\`${value.text}\` is no ${key}: the supervisor refuses the specification. Use ${[...words].map((word) => `\`:${word}\``).join(", ")}.`, confidence: "proven" };
}

function* missing(start: Expr, server: Module, name: string, arity: number): Generator<Report> {
  const same = server.fnsNamed(name).filter((fn) => fn.isPublic);
  if (server.declared !== "module" || server.others.length > 0 || (same.length === 0 && hidesSpec(server))) return;
  const known = same.map((fn) => fn.id).join(", ");
  yield { at: start, message: `${server.name} has no public \`${name}/${arity}\`${known === "" ? "" : `, only \`${known}\``}: the child fails each time it starts.`, related: same.slice(0, 1).map((fn) => ({ at: fn.node.args[0] ?? fn.node, message: "the function that is there" })), evidence: [`\`start:\` gives ${arity} ${arity === 1 ? "argument" : "arguments"}.`], confidence: hidesSpec(server) ? "review" : "proven" };
}

/** A start function has to answer `{:ok, pid}`; a bare pid or `:ok` is an error to the supervisor. */
function* badReturn(start: Expr, fn: Fn): Generator<Report> {
  for (const clause of fn.clauses)
    for (const outcome of outcomesOf(clause.result)) {
      const isPid = outcome.isCall("spawn", "spawn_link", "Process.spawn", ":erlang.spawn_link", ":proc_lib.spawn_link", "self");
      if (!isPid && !(outcome.kind === "atom" && ["ok", "nil", "true", "error"].includes(outcome.name))) continue;
      yield { at: start, message: `\`${fn.module.shortName}.${fn.id}\` answers ${isPid ? "a bare pid" : `\`${outcome.text}\``} instead of \`{:ok, pid}\`: to its supervisor the start has failed.`, related: [{ at: outcome, message: "the answer" }], confidence: isPid && fn.clauses.length === 1 ? "proven" : "likely" };
      return;
    }
}
