import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isState, stateShapeOf } from "../../model/state.ts";
import { closureKindOf } from "../../model/known.ts";
import { statementOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { linesBefore, replaced } from "../shared/edits.ts";

export default defineRule({
  id: "oversized-message",
  family: "messages",
  title: "A whole structure is copied to another process for a field of it",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Bind the fields before the function", ready: "where the names of the fields are free in the clause" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html#sending-unnecessary-data",
  doc: {
    what: "A function that runs in another process reads a few fields of `conn`, `socket`, `assigns` or the server's state, and carries all of it there.",
    why: "A process starts with a copy of everything its function mentions. A socket with its assigns or a server's whole state can be megabytes, copied at each start and kept alive as long as the task runs.",
    instead: "Bind what is needed before: `user = socket.assigns.user`, then use `user` in the function.",
    fine: ["Some use needs the whole value.", "The state is a small value without fields.", "The function runs in the process itself."],
    sure: "Proven: every mention of the variable in the function is a read of a field.",
  },
  bad: [
    elixir`
      defmodule Shop do
        use Phoenix.LiveView
        def handle_event("buy", _params, socket) do
          Task.Supervisor.start_child(Shop.Tasks, fn -> Mail.send(socket.assigns.user.email) end) #! copies all of
          {:noreply, socket}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Shop do
        use Phoenix.LiveView
        def handle_event("buy", _params, socket) do
          email = socket.assigns.user.email
          Task.Supervisor.start_child(Shop.Tasks, fn -> Mail.send(email) end)
          {:noreply, socket}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...starters)) {
      if (site.callee !== undefined || site.node.kind !== "call") continue;
      const fn = site.args.find((arg) => arg.kind === "fn");
      const report = fn === undefined ? undefined : reportOf(module, site, fn);
      if (report !== undefined) yield report;
    }
  },
});

const starters = [...closureKindOf].flatMap(([name, kind]) => (kind === "spawn" || kind === "task" || kind === "async" || kind === "agent" ? [name] : []));

function reportOf(module: Module, site: CallSite, fn: Expr): Report | undefined {
  const own = new Set(fn.clauses.flatMap((clause) => clause.params.flatMap((param) => [...boundIn(param)])));
  for (const name of largeValues(module, site.clause)) {
    if (own.has(name)) continue;
    const uses = [...fn.descendants()].filter((expr) => expr.isVar(name));
    const reads = [...new Set(uses.map((use) => readOf(use).text))];
    if (uses.length === 0 || !uses.every(isFieldRead) || reads.some((read) => read.endsWith(".assigns")) || isSmall(module, name, reads.length)) continue;
    return {
      at: site.node,
      confidence: "proven",
      message: `\`${site.name}\` copies all of \`${name}\` to read ${reads.slice(0, 3).map((read) => `\`${read}\``).join(" and ")}${/async_stream/.test(site.name) ? ", once for each element" : ""}. Bind ${reads.length === 1 ? "it" : "them"} before the function.`,
      related: uses.slice(0, 4).map((use) => ({ at: readOf(use), message: "all that is read" })),
      searched: [`a use of the whole \`${name}\` in the function (none)`],
      ready: () => boundBefore(site, uses.map(readOf)),
    };
  }
  return undefined;
}

/** Variables of a clause that hold a connection, a socket, assigns, or all of the server's state. */
function largeValues(module: Module, clause: Clause): string[] {
  const names = new Set(clause.params.flatMap((param) => [...boundIn(param)]));
  const known = ["conn", "socket", "assigns"].filter((name) => names.has(name));
  if (!clause.fn.isCallback || !module.isServer || clause.fn.name === "init") return known;
  const state = [...names].filter((name) => !known.includes(name) && [...(clause.lastParam(0)?.descendants() ?? [])].some((expr) => expr.isVar(name) && isState(expr, clause)));
  return [...known, ...state];
}

/** A state of which most is read is no larger than what is needed. */
function isSmall(module: Module, name: string, reads: number): boolean {
  if (/^(conn|socket|assigns)$/.test(name)) return false;
  const { keys, isOpen } = stateShapeOf(module);
  return !isOpen && keys.size <= Math.max(3, reads * 2);
}

/** `socket.assigns.user`: the whole chain of fields that begins at the variable. */
function readOf(use: Expr): Expr {
  let read = use;
  while (read.parent?.kind === "field" && read.parent.target === read) read = read.parent;
  return read;
}
const reserved = new Set(["after", "and", "catch", "do", "else", "end", "false", "fn", "in", "nil", "not", "or", "rescue", "true", "when"]);

/** Each field under its own name before the statement. It is read there even if the function never runs, which may be what a missing key tells. */
function* boundBefore({ clause, node }: CallSite, reads: readonly Expr[]): Generator<FixDraft> {
  const texts = [...new Set(reads.map(({ text }) => text))];
  const taken = new Set(clause.node.descendantsOf("var").map(({ name }) => name));
  const names = texts.map((text) => text.slice(text.lastIndexOf(".") + 1));
  if (new Set(names).size < names.length || names.some((name) => taken.has(name) || reserved.has(name)) || texts.some((text) => /\s/.test(text))) return;
  const bindings = linesBefore(statementOf(node), texts.map((text, i) => `${names[i] ?? ""} = ${text}`));
  if (bindings !== undefined) yield { title: `Bind ${names.join(" and ")} before the function`, safe: false, edits: [bindings, ...reads.map((read) => replaced(read, names[texts.indexOf(read.text)] ?? ""))] };
}

const isFieldRead = (use: Expr): boolean => use.parent?.kind === "field" && use.parent.target === use;
