import { type CodeEdit, defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { bindsAll, partOf, quoted } from "../../model/literals.ts";
import { canMatch } from "../../model/messages.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { isOfUnknownVersion } from "../../model/project.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";
import { type End, endsOfClause } from "../shared/ends.ts";

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
/** Before 0.8 a page could answer `{:stop, socket}` (changelog of LiveView). */
const earlyLiveView: Readonly<Record<string, Returns>> = Object.fromEntries(Object.entries(liveView).map(([id, returns]) => [id, id === "mount/3" ? returns : [...returns, "stop/2"]]));
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
    what: "A clause of a callback ends in a value its behaviour has no meaning for: `{:ok, state}` from `handle_info/2`, `{:reply, …}` from `handle_cast/2`, a bare state, the `:ok` of a logger or of `GenServer.reply/2`, the reference of a timer, or the `nil` of an `if` without `else`. The ends of its `rescue` and `catch`, and of private functions whose value it returns, count alike, and so does a function that answers the state as it is, or nothing but tuples of another kind.",
    why: "The compiler cannot see it. The process stops with `:bad_return_value` as soon as the clause runs to that end, and its state is lost.",
    instead: "`{:noreply, state}` where nobody waits, `{:reply, answer, state}` where somebody does.",
    fine: ["The value comes from another module or a variable.", "A branch that raises, exits or throws.", "Behaviours with returns of their own.", "`{:stop, socket}` of a page whose project takes LiveView from a repository: it was right before 0.8."],
    sure: "Proven for a value written in the clause, and where a function has no answer that is right; likely for one in a private function that also returns what is right: which of its ends a callback meets is not computed.",
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
    const helpers = new Map<Fn, { readonly ends: Map<number, Return>; readonly callbacks: Map<string, Returns> }>();
    for (const [id, accepted] of Object.entries(returns))
      for (const clause of module.callback(id)) {
        yield* bareState(module, id, clause);
        yield* foreignAnswer(module, id, clause, accepted);
        for (const end of returnsOf(clause)) {
          if (end.clause === clause) yield* judge(module, id, end, accepted);
          else {
            const { fn } = end.clause;
            const found = helpers.get(fn) ?? { ends: new Map(), callbacks: new Map() };
            helpers.set(fn, found);
            found.ends.set(end.at.id, end);
            found.callbacks.set(id, accepted);
          }
        }
      }
    for (const [fn, { ends, callbacks }] of helpers) yield* judgeHelper(module, fn, [...ends.values()], callbacks);
  },
});

/** Only behaviours used by their own name: others that build on them may have returns of their own. */
function tableOf(module: Module): Readonly<Record<string, Returns>> | undefined {
  if (module.uses.some((use) => use.name === "GenServer") || module.behaviours.includes("GenServer") || module.behaviours.includes(":gen_server")) return module.kinds.length === 1 ? genServer : undefined;
  if (module.kinds.length !== 1) return undefined;
  if (module.is("LiveView")) return isOfUnknownVersion(module, "phoenix_live_view") ? earlyLiveView : liveView;
  return module.is("Channel") ? channel : undefined;
}

/** A value a callback can return: written in one of its clauses, or in a function of its module whose value it returns. */
type Return = End & { readonly clause: Clause };

const MAX_STEPS = 3;
function* returnsOf(clause: Clause, depth = 0): Generator<Return> {
  for (const end of endsOfClause(clause)) {
    const helper = depth < MAX_STEPS ? returnedFrom(clause, end) : undefined;
    if (helper === undefined) yield { ...end, clause };
    else for (const inner of helper.clauses) yield* returnsOf(inner, depth + 1);
  }
}

/** The private function of the module whose value the clause returns as it is. */
function returnedFrom(clause: Clause, { at, isMissingElse }: End): Fn | undefined {
  const callee = isMissingElse || at.kind !== "call" ? undefined : clause.siteAt(at)?.callee;
  return callee?.kind === "defp" && callee.module === clause.fn.module && callee !== clause.fn ? callee : undefined;
}

/** The callback's value is that of a function which answers the state it was given, changed or not: right elsewhere, where the answer is built around it. */
function* bareState(module: Module, id: string, clause: Clause): Generator<Report> {
  for (const end of endsOfClause(clause)) {
    const helper = returnedFrom(clause, end);
    const ends = helper?.clauses.flatMap((inner) => [...endsOfClause(inner)].map(({ at, isMissingElse }) => ({ at, isMissingElse, inner }))) ?? [];
    const changed = ends.find(({ at }) => at.kind === "map" && at.updated?.kind === "var");
    if (helper === undefined || changed === undefined || !ends.every(({ at, isMissingElse, inner }) => !isMissingElse && (at.kind === "map" || (at.kind === "var" && inner.params.some((param) => bindsAll(param, at.name)))))) continue;
    yield {
      at: end.at,
      firstLineOnly: true,
      confidence: "proven",
      message: `\`${id}\` may not return what \`${helper.id}\` does, the state by itself: ${module.shortName} stops with :bad_return_value. Build the answer around it.`,
      related: [{ at: changed.at, message: "returns the changed state" }],
    };
  }
}

/** The callback's value is that of a function with answers of another kind only, which other callers take apart. */
function* foreignAnswer(module: Module, id: string, clause: Clause, accepted: Returns): Generator<Report> {
  for (const end of endsOfClause(clause)) {
    const helper = returnedFrom(clause, end);
    const ends = helper?.clauses.flatMap((inner) => [...returnsOf(inner)]).filter(({ at, clause: inner }) => inner.siteAt(at)?.callee !== helper) ?? [];
    const forms = ends.map(({ at, isMissingElse }) => (isMissingElse ? "nil" : formOf(at)));
    const [first] = ends;
    if (helper === undefined || first === undefined || !forms.every((form) => form?.includes("/") === true && !accepted.includes(form))) continue;
    const isShared = helper.localCallers.some((caller) => caller.fn !== helper && caller.node !== end.at);
    yield {
      at: isShared ? end.at : first.at,
      firstLineOnly: true,
      confidence: "proven",
      message: `\`${id}\` may not return what \`${helper.id}\` does, such as \`${quoted(first.at, 40)}\`: ${module.shortName} stops with :bad_return_value.`,
      related: [isShared ? { at: first.at, message: "what it answers" } : { at: end.at, message: `\`${id}\` returns it here` }],
    };
  }
}

/** Values that no callback of the module may return which ends in the function, and at least one that some may: else it is no place for returns. */
function* judgeHelper(module: Module, helper: Fn, ends: readonly Return[], callbacks: ReadonlyMap<string, Returns>): Generator<Report> {
  const accepted = [...new Set([...callbacks.values()].flat())];
  const forms = ends.map(({ at, isMissingElse }) => (isMissingElse ? "nil" : formOf(at)));
  if (!forms.some((form) => form !== undefined && accepted.includes(form) && form !== "ignore")) return;
  for (const end of ends) yield* judge(module, [...callbacks.keys()].join("`, `"), end, accepted, helper);
}

function* judge(module: Module, id: string, { at, isMissingElse, clause }: Return, accepted: Returns, helper?: Fn): Generator<Report> {
  const value = isMissingElse ? "nil" : formOf(at);
  if (value === undefined || accepted.includes(value) || isNeverTaken(at, clause)) return;
  const right = accepted.filter((name, i) => tagOf(name) !== tagOf(accepted[i - 1] ?? "")).map((name) => `\`${spelled[name] ?? `:${name}`}\``).join(", ");
  yield {
    at,
    firstLineOnly: true,
    confidence: helper === undefined ? "proven" : "likely",
    message: isMissingElse
      ? `\`${id}\` returns nil when this \`${at.name}\` does not hold, since it has no \`else\`: ${module.shortName} then stops with :bad_return_value.`
      : `\`${id}\` may not return \`${quoted(at, 40)}\`${at.kind === "call" ? (called[value] ?? "") : ""}: ${module.shortName} stops with :bad_return_value. It may return ${right}.`,
    related: [{ at: clause.head, message: helper === undefined ? "the clause" : "its value is what the callback returns" }],
    ...(helper === undefined ? { ready: () => sameMeaning(clause, at, accepted) } : {}),
  };
}

/** A branch for what the function that was asked never answers: all its outcomes are written out, and none fits. */
function isNeverTaken(at: Expr, clause: Clause): boolean {
  const branch = [...at.ancestors()].find((above) => above.kind === "clause");
  const choice = [...(branch?.ancestors() ?? [])].find((above) => above.isCall("case"));
  const pattern = branch?.params[0];
  const callee = choice?.args[0] === undefined ? undefined : clause.siteAt(choice.args[0])?.callee;
  if (pattern === undefined || callee === undefined || choice?.clauses.includes(branch as Expr) !== true) return false;
  const outcomes = callee.clauses.flatMap(({ result }) => [...outcomesOf(result)]);
  return outcomes.length > 0 && outcomes.every((outcome) => (outcome.kind === "atom" || outcome.kind === "tuple") && !canMatch(pattern, outcome));
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

/** Functions that have one value, whatever comes of them: the end of many a clause that forgot its answer. */
const constantAnswers: ReadonlyMap<string, "ok" | "true" | "reference"> = new Map(
  (
    [
      ["ok", ["Logger.debug", "Logger.info", "Logger.notice", "Logger.warn", "Logger.warning", "Logger.error", "Logger.critical", "Logger.alert", "Logger.emergency", "IO.puts", "IO.write", "Enum.each", "GenServer.reply", ":gen_server.reply", "GenServer.cast", ":gen_server.cast", "GenServer.stop", "Agent.update", "Agent.cast", "Process.sleep", ":timer.sleep", ":telemetry.execute"]],
      ["true", [":ets.insert", ":ets.delete", ":ets.delete_all_objects", "Process.exit", "Process.link", "Process.unlink", "Process.register"]],
      ["reference", ["Process.send_after", ":erlang.send_after", "Process.monitor", ":erlang.monitor"]],
    ] as const
  ).flatMap(([value, names]) => names.map((name) => [name, value] as const)),
);
const called: Readonly<Record<string, string>> = { ok: ", which is :ok", true: ", which is true", reference: ", which is a reference" };

/** A written value as `tag/size`, or its kind; undefined when it cannot be told. */
function formOf(expr: Expr | undefined): string | undefined {
  if (expr === undefined) return undefined;
  if (expr.kind === "tuple") {
    const [first] = expr.children;
    return first?.kind === "atom" ? `${first.name}/${expr.children.length}` : undefined;
  }
  if (expr.kind === "atom") return expr.name;
  if (expr.kind === "call") return expr.isCall("send", "Kernel.send") ? formOf(expr.args[1]) : constantAnswers.get(expr.name);
  return ["map", "struct", "number", "string", "list"].includes(expr.kind) ? expr.kind : undefined;
}
