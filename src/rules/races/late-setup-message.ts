import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { armingsIn } from "../../model/arming.ts";
import type { CallSite } from "../../model/call-site.ts";
import { definedFields, valuesOf } from "../../model/fields.ts";
import { partOf } from "../../model/literals.ts";
import { bodiesOf, infoClausesFor } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { registrationOf, tagOf } from "../../model/server.ts";
import { stateShapeOf } from "../../model/state.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "late-setup-message",
  family: "races",
  title: "A request can come before the message that sets the server up",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Return {:ok, state, {:continue, term}} and set up in handle_continue/2" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:handle_continue/2",
  doc: {
    what: "`init/1` of a server with a name sends itself a message that completes the state, and a request reads what is still `nil` until then.",
    why: "The name is registered before `init/1` runs. Whoever knows it can put a request into the mailbox before the server sends to itself, which clients do above all when it is started anew under load: that request then meets a state that is not ready.",
    instead: "`{:ok, state, {:continue, :load}}`: `handle_continue/2` runs before any message is taken.",
    fine: ["A server without a name: nobody has its pid before `init/1` returns.", "The clause of the request, or a test in it, takes `nil`.", "`handle_continue/2`.", "What the message fills is not read by requests."],
    never: "A sleep in the client.",
    sure: "Likely, and low: somebody has to ask in the moment between the registration and the message.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_) do
          send(self(), :heat) #! A request that comes before :heat
          {:ok, %{plates: nil}}
        end
        def handle_info(:heat, s), do: {:noreply, %{s | plates: Plates.all()}}
        def handle_call(:count, _from, s), do: {:reply, length(s.plates), s}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{plates: nil}, {:continue, :heat}}
        def handle_continue(:heat, s), do: {:noreply, %{s | plates: Plates.all()}}
        def handle_call(:count, _from, s), do: {:reply, length(s.plates), s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer") || module.callback("handle_call/3").length === 0 || registrationOf(module).kind === "none") return;
    for (const { site, message } of setUps(module)) {
      const report = judge(module, site, message);
      if (report !== undefined) yield report;
    }
  },
});

/** Messages that `init/1` sends to its own process without delay. */
function setUps(module: Module): readonly { readonly site: CallSite; readonly message: Expr }[] {
  const isStart = ({ fn }: CallSite): boolean => fn.id === "init/1" || (!fn.isPublic && fn.callers.length > 0 && fn.callers.every((caller) => caller.fn.id === "init/1"));
  const casts = module.calls("GenServer.cast", ":gen_server.cast").filter(({ args: [target] }) => target?.isCall("self") === true).flatMap((site) => (site.args[1] === undefined ? [] : [{ site, message: site.args[1] }]));
  return [...armingsIn(module).filter(({ kind }) => kind === "send"), ...casts].filter(({ site }) => site.node.kind === "call" && site.closure === undefined && isStart(site));
}

function judge(module: Module, site: CallSite, message: Expr): Report | undefined {
  const tag = tagOf(message);
  if (tag === undefined) return undefined;
  const own = /cast$/.test(site.name) ? module.callback("handle_cast/2").filter(({ params }) => tagOf(params[0])?.tag === tag.tag) : infoClausesFor(module, message);
  const bodies = new Set(own.flatMap((clause) => bodiesOf(clause)));
  for (const field of startsNil(module)) {
    const filled = valuesOf(module, field).find(({ value, clause }) => bodies.has(clause) && !value.isAtom("nil"));
    if (filled === undefined || expectsNil(module, field)) continue;
    const asking = module.callback("handle_call/3").find((clause) => reads(clause, field));
    if (asking === undefined) continue;
    return {
      at: site.node,
      message: `A request that comes before :${tag.tag} finds \`${field}\` nil: the name of ${module.shortName} is known before it sends this message to itself. Return \`{:ok, state, {:continue, …}}\` instead.`,
      related: [{ at: filled.at, message: `\`${field}\` is filled here` }, { at: asking.head, message: `reads \`${field}\`` }],
      searched: [`a test of \`${field}\` for nil in the module (none)`],
      confidence: "likely",
    };
  }
  return undefined;
}

/** Fields that are nil in what `init/1` returns; of a struct of the module itself that it is given, those without a default, unless the module fills them before. */
function startsNil(module: Module): readonly string[] {
  const written = stateShapeOf(module).literals.flatMap((literal) => literal.pairs.flatMap(({ key, value }) => (key?.kind === "atom" && value?.isAtom("nil") === true ? [key.name] : [])));
  const isGiven = module.callback("init/1").some(({ params: [given] }) => partOf(given, "struct")?.name === module.name);
  const declared = (isGiven ? (definedFields(module) ?? []) : []).flatMap(({ name, value }) => (value === undefined || value.isAtom("nil") ? [name] : []));
  return [...written, ...declared.filter((field) => !valuesOf(module, field).some(({ at }) => at.parent?.kind === "struct" && at.parent.updated === undefined))];
}

/** The module asks somewhere whether the field is there. */
const expectsNil = (module: Module, field: string): boolean =>
  module.functions.some((fn) => fn.clauses.some((clause) => clause.params.some((param) => param.descendantsOf("pair").some(({ key, value }) => key?.isAtom(field) === true && (value?.isAtom("nil") === true || (value?.kind === "var" && clause.guard !== undefined && value.name !== "" && clause.guard.descendantsOf("var").some(({ name }) => name === value.name))))) || tests(clause, field)));
const tests = ({ node }: Clause, field: string): boolean => {
  const names = (part: Expr | undefined): boolean => part !== undefined && (part.kind === "field" || part.kind === "var") && part.name === field;
  const mentionsIt = (part: Expr | undefined): boolean => part?.descendantsOf("field", "var").some(names) === true;
  return node.descendantsOf("op", "call").some((expr) => (expr.kind === "op" ? expr.isOp("&&", "||", "==", "!=", "===", "!==", "and", "or") && expr.children.some(names) : expr.isCall("if", "unless") ? mentionsIt(expr.args[0]) : expr.isCall("case", "is_nil", "is_map", "is_pid", "is_list", "is_struct", "with") && expr.args.some((arg) => names(arg) || names(arg.right))));
};

/** The answer to the request uses the field as what it is to become. */
const reads = (clause: Clause, field: string): boolean =>
  bodiesOf(clause).some(({ node, params }) => {
    const isTaken = ({ key, value, parent }: Expr): boolean => key?.isAtom(field) === true && value?.kind === "var" && !value.name.startsWith("_") && parent?.updated === undefined;
    const patterns = [...params, ...node.descendantsOf("match").flatMap(({ left }) => left ?? [])];
    return node.descendantsOf("field").some((read) => read.name === field && read.target?.kind === "var" && read.parent?.kind === "call") || patterns.some((pattern) => pattern.descendantsOf("pair").some(isTaken));
  });
