import { type CodeEdit, defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { partOf, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";

/** Returns a callback may give: `tag/size` of a tuple, or a bare atom. */
type Returns = readonly string[];
const plain: Returns = ["noreply/2", "noreply/3", "stop/3"];
const genServer: Readonly<Record<string, Returns>> = {
  "init/1": ["ok/2", "ok/3", "stop/2", "error/2", "ignore"],
  "handle_call/3": ["reply/3", "reply/4", "noreply/2", "noreply/3", "stop/3", "stop/4"],
  "handle_cast/2": plain,
  "handle_info/2": plain,
  "handle_continue/2": plain,
};
const liveView: Readonly<Record<string, Returns>> = {
  "mount/3": ["ok/2", "ok/3"],
  "handle_event/3": ["noreply/2", "reply/3"],
  "handle_info/2": ["noreply/2"],
  "handle_params/3": ["noreply/2"],
  "handle_async/3": ["noreply/2"],
};
const channel: Readonly<Record<string, Returns>> = {
  "join/3": ["ok/2", "ok/3", "error/2"],
  "handle_in/3": ["noreply/2", "noreply/3", "reply/3", "reply/4", "stop/3", "stop/4"],
  "handle_info/2": plain,
};

export default defineRule({
  id: "bad-callback-return",
  family: "errors",
  title: "A callback returns what its behaviour does not accept",
  severity: "critical",
  set: "default",
  fix: { kind: "automatic", title: "Return the tuple of the same meaning", ready: "where a tuple that is accepted says the same, as `{:noreply, state}` for `{:ok, state}`, or `{:stop, reason, state}` for one without the state" },
  source: "https://hexdocs.pm/elixir/GenServer.html#callbacks",
  doc: {
    what: "A clause of a callback ends in a value its behaviour has no meaning for: `{:ok, state}` from `handle_info/2`, `{:reply, …}` from `handle_cast/2`, a bare state, the `:ok` of a logger, or the `nil` of an `if` without `else`.",
    why: "The compiler cannot see it. The process stops with `:bad_return_value` as soon as the clause runs to that end, and its state is lost.",
    instead: "`{:noreply, state}` where nobody waits, `{:reply, answer, state}` where somebody does.",
    fine: ["The value comes from a call or a variable.", "A branch that raises, exits or throws.", "Behaviours with returns of their own."],
    sure: "Proven: the value is written in the clause.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info(:tick, s), do: {:ok, s} #! may not return
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info(:tick, s), do: {:noreply, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.unknownUses.length > 0) return;
    const returns = tableOf(module);
    if (returns === undefined) return;
    for (const [id, accepted] of Object.entries(returns))
      for (const clause of module.callback(id)) for (const end of endsOf(clause.result)) yield* judge(module, clause, end, accepted);
  },
});

/** Only behaviours used by their own name: others that build on them may have returns of their own. */
function tableOf(module: Module): Readonly<Record<string, Returns>> | undefined {
  if (module.uses.some((use) => use.name === "GenServer") || module.behaviours.includes("GenServer") || module.behaviours.includes(":gen_server")) return module.kinds.length === 1 ? genServer : undefined;
  if (module.kinds.length !== 1) return undefined;
  if (module.is("LiveView")) return liveView;
  return module.is("Channel") ? channel : undefined;
}

/** A value that a clause can end in; `nil` stands for the missing branch of an `if`. */
type End = { readonly at: Expr; readonly isMissingElse: boolean };

function* endsOf(expr: Expr | undefined): Generator<End> {
  if (expr === undefined) return;
  if (expr.kind === "block") yield* endsOf(expr.result);
  else if (expr.isCall("if", "unless")) {
    if (expr.section("do") === undefined) return;
    for (const section of expr.children) if (section.kind === "section") yield* endsOf(section.result);
    if (expr.section("else") === undefined) yield { at: expr, isMissingElse: true };
  } else if (expr.isCall("case", "cond", "receive", "with", "try")) yield* endsOfSections(expr);
  else yield { at: expr, isMissingElse: false };
}

/** The `else` of a `try` takes the value of its `do`; the `after` of a `try` has no value. */
function* endsOfSections(expr: Expr): Generator<End> {
  const isTry = expr.isCall("try");
  for (const section of expr.children) {
    if (section.kind !== "section" || (isTry && (section.name === "after" || (section.name === "do" && expr.section("else") !== undefined)))) continue;
    if (section.clauses.length === 0) yield* endsOf(section.result);
    for (const clause of section.clauses) yield* endsOf(clause.result);
  }
}

function* judge(module: Module, clause: Clause, { at, isMissingElse }: End, accepted: Returns): Generator<Report> {
  const value = isMissingElse ? "nil" : formOf(at);
  if (value === undefined || accepted.includes(value)) return;
  const right = accepted.filter((name, i) => tagOf(name) !== tagOf(accepted[i - 1] ?? "")).map((name) => `\`${spelled[name] ?? `:${name}`}\``).join(", ");
  yield {
    at,
    firstLineOnly: true,
    confidence: "proven",
    message: isMissingElse
      ? `\`${clause.fn.id}\` returns nil when this \`${at.name}\` does not hold, since it has no \`else\`: ${module.shortName} then stops with :bad_return_value.`
      : `\`${clause.fn.id}\` may not return \`${quoted(at, 40)}\`${at.kind === "call" ? ", which is :ok" : ""}: ${module.shortName} stops with :bad_return_value. It may return ${right}.`,
    related: [{ at: clause.head, message: "the clause" }],
    ready: () => sameMeaning(clause, at, accepted),
  };
}

/** Callbacks in which somebody waits for an answer: what it should be, the code does not say. */
const answering = new Set(["handle_call", "handle_in"]);

/** `{:ok, state}` and `{:noreply, state}` say the same, each in its callbacks; a stop is one with the state or, in `init/1`, without. */
function* sameMeaning(clause: Clause, at: Expr, accepted: Returns): Generator<FixDraft> {
  const [tag, ...rest] = at.kind === "tuple" ? at.children : [];
  if (tag?.isAtom("stop") === true) yield* stopping(clause, at, rest, accepted);
  const other = tag?.isAtom("ok") === true ? "noreply" : tag?.isAtom("noreply") === true ? "ok" : undefined;
  if (tag !== undefined && other !== undefined && !answering.has(clause.fn.name) && accepted.includes(`${other}/${at.children.length}`)) yield { title: `Return {:${other}, …}`, safe: true, edits: [replaced(tag, `:${other}`)] };
}

function* stopping(clause: Clause, at: Expr, [reason, state]: readonly Expr[], accepted: Returns): Generator<FixDraft> {
  if (reason === undefined) return;
  const size = at.children.length;
  if (size === 3 && accepted.includes("stop/2") && /^(atom|var)$/.test(state?.kind ?? "")) yield { title: "Return {:stop, reason}", safe: true, edits: [replaced(at, `{:stop, ${reason.text}}`)] };
  if (size !== 2 || !accepted.includes("stop/3")) return;
  const named = namedState(clause);
  if (named !== undefined) yield { title: `Return {:stop, reason, ${named.name}}`, safe: true, edits: [...named.edits, replaced(at, `{:stop, ${reason.text}, ${named.name}}`)] };
}

/** What a clause calls its whole state, and the edit that gives it a name where it has none; undefined when that name means something else here. */
function namedState({ node, params }: Clause): { readonly name: string; readonly edits: readonly CodeEdit[] } | undefined {
  const pattern = params.at(-1);
  const whole = partOf(pattern, "var");
  if (whole !== undefined && !whole.name.startsWith("_")) return { name: whole.name, edits: [] };
  const name = whole?.name.slice(1) || "state";
  if (pattern === undefined || node.descendantsOf("var").some((used) => used.name === name)) return undefined;
  return { name, edits: [replaced(whole ?? pattern, whole === undefined ? `${pattern.text} = ${name}` : name)] };
}

const tagOf = (name: string): string => name.replace(/\/\d$/, "");
/** The shortest form of each return, as people write it. */
const spelled: Readonly<Record<string, string>> = { "ok/2": "{:ok, state}", "noreply/2": "{:noreply, state}", "stop/2": "{:stop, reason}", "stop/3": "{:stop, reason, state}", "reply/3": "{:reply, reply, state}", "error/2": "{:error, reason}" };

/** A written value as `tag/size`, or its kind; undefined when it cannot be told. */
function formOf(expr: Expr): string | undefined {
  if (expr.kind === "tuple") {
    const [first] = expr.children;
    return first?.kind === "atom" ? `${first.name}/${expr.children.length}` : undefined;
  }
  if (expr.kind === "atom") return expr.name;
  if (expr.kind === "call") return /^(Logger\.(debug|info|notice|warn|warning|error|critical|alert|emergency)|IO\.puts)$/.test(expr.name) ? "ok" : undefined;
  return ["map", "struct", "number", "string", "list"].includes(expr.kind) ? expr.kind : undefined;
}
