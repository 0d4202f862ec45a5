import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { argumentFor } from "../../model/arguments.ts";
import { elementPatterns } from "../../model/flow.ts";
import type { CallSite } from "../../model/call-site.ts";
import { concurrencyAt } from "../../model/concurrent.ts";
import { callbackEntries } from "../../model/context.ts";
import { boundIn, quoted } from "../../model/literals.ts";
import type { Fn } from "../../model/module.ts";
import { outcomesOf } from "../../model/usage.ts";
import { type Expr, flag } from "../../syntax/tree.ts";
import { isEntityKey } from "../shared/keys.ts";
import { baseOf, isFromOutside, isNamedOutside, isOutside } from "../shared/outside.ts";

const makers = ["String.to_atom", "List.to_atom", ":erlang.binary_to_atom", ":erlang.list_to_atom", "Module.concat"] as const;
const decoders = /^(Jason|Poison|JSON|Jiffy|JSX|Tesla\.Middleware\.JSON)\.(decode!?|parse!?)$/;
const starters = /\.(start_link|start)$/;
const suspects = new RegExp(`${decoders.source}|${starters.source}`);

export default defineRule({
  id: "dynamic-atom",
  family: "resources",
  title: "Atoms are made from data that comes from outside",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Keep strings, use a literal map, or a Registry for names" },
  source: "https://hexdocs.pm/elixir/code-anti-patterns.html#dynamic-atom-creation",
  doc: {
    what: "Params, payloads, messages or keys of decoded data become atoms, or every instance of a process gets an atom as its name.",
    why: "Atoms are never freed. The table holds about a million; when it is full the whole node stops. Whoever sends the data decides how fast.",
    instead: "Strings as keys, a literal map from string to atom, `String.to_existing_atom/1` where the atoms exist by then, and `{:via, Registry, {Ovens, id}}` for names.",
    fine: ["Values that are tested against a literal list before.", "Module attributes, configuration, compile time, Mix tasks and tests.", "`String.to_existing_atom/1`.", "Values that are atoms already.", "Map keys that the code composes with words of its own."],
    never: "A rescue around it: the atom is made before anything raises.",
    sure: "Proven for params that are read where the request arrives and for parts of messages; likely for decoders, for values under text keys, for names of instances and for keys of maps; review for names of modules. High or medium where a user, a browser or a client sends the text, in a page, a channel, a plug or an action, or in what these call; low where it comes from the project's own processes, jobs, files and peers, and from the answer to a question of its own.",
  },
  bad: [
    elixir`
      defmodule Shop do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:order, sku}, s), do: {:noreply, Map.put(s, String.to_atom(sku), true)} #! never freed
      end`,
  ],
  good: [
    elixir`
      defmodule Shop do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:order, sku}, s), do: {:noreply, Map.put(s, sku, true)}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...makers)) {
      const report = ofConversion(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.callsMatching(suspects)) {
      if (site.node.kind !== "call" || site.fn.kind === "block") continue;
      if (decoders.test(site.name) && takesAtoms(site)) yield found(site, site.node, "each new key of the decoded text", "The decoder makes an atom of every key.", "likely", site.args[0] !== undefined && (isGiven(site, site.args[0]) || isFromOutside(site, site.args[0])) ? "medium" : "low");
      else if (starters.test(site.name)) {
        const name = site.args.at(-1)?.get("name");
        if (name !== undefined && isBuiltName(site, name)) yield found(site, name, "each instance's name", "The name is built for each instance.", "likely", "low");
      }
    }
  },
});

const takesAtoms = (site: CallSite): boolean => site.args.at(-1)?.get("keys")?.isAtom("atoms") === true && site.args[0]?.kind !== "string" && !isOwnFile(site.args[0]);
const isOwnFile = (source: Expr | undefined): boolean => source !== undefined && [...source.descendants()].some((part) => part.isCall("File.read!", "File.read"));

function found(site: CallSite, at: Expr, what: string, evidence: string, confidence: Report["confidence"], severity: NonNullable<Report["severity"]> = "high"): Report {
  return { at, message: `\`${site.fn.id}\` makes an atom of ${what}, which is never freed; the table holds about a million, and the node stops when it is full. Keep strings, or use names in a Registry.`, evidence: [evidence], searched: ["a test against a literal list (none)"], severity, confidence };
}

function ofConversion(site: CallSite): Report | undefined {
  const subject = site.name === "Module.concat" ? site.args.at(-1) : site.args[0];
  if (site.node.kind !== "call" || subject === undefined || site.fn.kind === "block" || site.around.quoted || isSyntax(site)) return undefined;
  const inner = [...subject.descendants()].find((part) => part.kind === "var" || isOutside(part));
  if (inner === undefined || [...subject.descendants()].some((part) => part.isCall("Atom.to_string")) || isTested(site, inner) || isAtomAlready(site, inner)) return undefined;
  if (site.name === "Module.concat" && subject.kind !== "string") return undefined;
  if (isOutside(inner)) return takesRequests(site) || inner.kind === "field" ? found(site, site.node, `\`${quoted(inner, 40)}\``, "The value comes from outside.", "proven") : found(site, site.node, `\`${quoted(inner, 40)}\``, "The value stands under a text key: a request, a payload or decoded data brought it.", "likely", isGiven(site, baseOf(inner)) ? "medium" : "low");
  const entry = callbackEntries(site).find((candidate) => candidate.fn === site.fn && /^handle_(call|cast|info|in|event|params|message)$/.test(candidate.fn.name));
  if (entry !== undefined && site.clause.params[0] !== undefined && boundIn(site.clause.params[0]).has(inner.name)) return found(site, site.node, `\`${inner.name}\` of the message`, "The value is part of the message.", "proven", /^handle_(in|event|params|message)$/.test(entry.fn.name) ? "high" : "low");
  if (isFromOutside(site, inner)) return found(site, site.node, `\`${inner.name}\``, "The value stands under a text key: a request, a payload or decoded data brought it.", "likely", takesRequests(site) ? "medium" : "low");
  if (isMapKey(site, inner) && !isOwnName(subject)) return found(site, site.node, `each key \`${inner.name}\``, "The keys of a map that is given become atoms.", "likely", isGiven(site, walkedAround(site)) && !asksForAtoms(site, inner) ? "medium" : "low");
  if (site.name === "String.to_atom" && namesModule(site) && site.fn.isPublic && inner.kind === "var") return found(site, site.node, `\`${inner.name}\``, "It is used as a module, and a module that is loaded has its atom: `String.to_existing_atom/1` finds it.", "review", "medium");
  return subject === inner ? ofCaller(site, inner) : undefined;
}

/** The atom is taken for a module at once: `struct(String.to_atom(type))`. */
const namesModule = (site: CallSite): boolean => site.node.parent?.isCall("struct", "struct!", "apply") === true && site.node.parent.args[0] === site.node;

/** A helper that makes the atom of its parameter, called with data from outside or with each key of a map. */
function ofCaller(site: CallSite, value: Expr): Report | undefined {
  const { fn } = site;
  const index = site.clause.params.findIndex((param) => param.isVar(value.name));
  if (index < 0) return undefined;
  for (const caller of fn.callers) {
    if (caller.fn === fn || !caller.module.isLib || caller.around.quoted) continue;
    const { value: given } = argumentFor(caller, fn, index);
    if (given === undefined || isTested(caller, given)) continue;
    const isKey = isMapKey(caller, given);
    if (!isKey && !isOutside(given) && !isFromOutside(caller, given)) continue;
    const report = found(site, site.node, isKey ? `each key \`${given.text}\` it is given` : `\`${quoted(given, 40)}\` it is given`, isKey ? "The keys of a map that is given become atoms." : "A caller hands it data from outside.", "likely", (isKey && !isGiven(caller, walkedAround(caller))) || !isReachedByRequests(caller) ? "low" : "medium");
    return { ...report, related: [{ at: caller.node, message: `\`${caller.fn.id}\` hands it over` }] };
  }
  return undefined;
}

/** `"#{name}_count"`: a key that the code composes with words of its own stands in maps that it fills itself, such as metrics. */
const isOwnName = (subject: Expr): boolean => subject.kind === "string" && subject.has(flag.interpolated) && !/^"#\{[^}]*\}"$/.test(subject.text);

/** A variable that stands for the key in a walk over a map's pairs. */
function isMapKey(site: CallSite, variable: Expr): boolean {
  const { loop } = site.around;
  if (loop === undefined || !/^(k|key|field|name|attr|param)$/.test(variable.name)) return false;
  return elementPatterns(loop).some((pattern) => pattern.kind === "tuple" && pattern.children.length === 2 && pattern.children[0]?.isVar(variable.name) === true);
}

/** A function that a browser or client reaches with each request: a page's or channel's handler, an action of a controller. */
const takesRequests = (site: CallSite): boolean => /^(handle_event|handle_in|handle_params|mount|join|connect)$/.test(site.fn.name) || site.clause.params.some((param) => /^_?conn$/.test(param.kind === "match" ? (param.right?.name ?? "") : param.name));

/** A function that takes requests, or one that these call. */
const isReachedByRequests = (site: CallSite): boolean => takesRequests(site) || concurrencyAt(site) !== undefined;

/**
 * Data named as a request's, `params` or `payload`, that the function was given. What it asked a device or a service for itself, and
 * what the project put into a job, bears these names, too.
 */
const isGiven = (site: CallSite, holder: Expr | undefined): boolean => isNamedOutside(holder) && !site.module.is("ObanWorker") && site.clause.params.some((param) => boundIn(param).has(holder?.name ?? "")) && isReachedByRequests(site);

/** `cond do is_atom(key) -> …`: the keys are those of the program's own keywords, as a rule. */
const asksForAtoms = ({ clause }: CallSite, key: Expr): boolean => clause.node.descendantsOf("call").some((test) => test.name === "is_atom" && test.args[0]?.isVar(key.name) === true);

/** What the loop around the place walks over. */
function walkedAround({ around: { loop } }: CallSite): Expr | undefined {
  const [first] = loop?.args ?? [];
  return first?.isOp("<-") === true ? first.right : first;
}

/** A name made of more than the names and modules a program is written with, here or in the function that makes it. */
function isBuiltName(site: CallSite, name: Expr): boolean {
  if (isGrown(name)) return true;
  const maker: Fn | undefined = name.kind === "call" ? site.clause.siteAt(name)?.callee : undefined;
  return maker?.clauses.some((clause) => [...outcomesOf(clause.result)].some((made) => isGrown(made) && [...made.descendants()].some(isEntityKey))) === true;
}
const isGrown = (name: Expr): boolean => (name.kind === "atom" ? name.has(flag.interpolated) && isOpen(name) : name.isCall("String.to_atom", ":erlang.binary_to_atom") && name.args[0]?.has(flag.interpolated) === true && isOpen(name.args[0]));
/** Something in it is data; the name of something else, a module or a place in a pool is bounded by what is written. */
const isOpen = (name: Expr): boolean => [...name.descendants()].some((part) => (part.kind === "field" && !bounded.test(part.name)) || (part.kind === "var" && part.parent?.kind !== "field" && !bounded.test(part.name) && !bounded.test(keyTakenFrom(part))));
const bounded = /(^|_)(name|module|mod|registry|prefix|suffix|index|idx|i|n|shard|partition|instance)$/;
/** `name` of `opts[:name]` or `Keyword.fetch!(opts, :name)`. */
const keyTakenFrom = (holder: Expr): string => (holder.parent?.isCall("Access.get", "Keyword.get", "Keyword.fetch!", "Keyword.fetch", "Map.get", "Map.fetch!") === true && holder.parent.args[1]?.kind === "atom" ? holder.parent.args[1].name : "");

/** `x in [...]`, or a guard or case with literals, comes before. */
const isTested = (site: CallSite, value: Expr): boolean => isGuarded(site, value) || [...site.clause.node.descendants()].some((expr) => (expr.isOp("in") && expr.left?.text === value.text) || (expr.isCall("Enum.member?") && expr.id < site.id && expr.args[1]?.text === value.text)) || [...site.node.ancestors()].some((above) => above.kind === "clause" && above.params.some((param) => param.kind === "string"));
/** `when x == "left" or x == "right"`. */
const isGuarded = (site: CallSite, value: Expr): boolean => site.clause.guard?.descendantsOf("op").some((test) => test.isOp("==", "===") && test.children.some((side) => side.text === value.text) && test.children.some((side) => side.kind === "string" && !side.has(flag.interpolated))) === true;

/** `{String.to_atom(name), [], nil}` is a variable of code that is made, and has to be an atom. */
const isSyntax = ({ node: { parent } }: CallSite): boolean => parent?.kind === "tuple" && parent.children.length === 3 && parent.children[1]?.kind === "list" && (parent.children[2]?.isAtom() === true || parent.children[2]?.kind === "alias" || parent.children[2]?.kind === "list");
const isAtomAlready = (site: CallSite, value: Expr): boolean => value.kind === "var" && [...site.clause.node.descendants()].some((expr) => expr.isCall("is_atom") && expr.args[0]?.isVar(value.name) === true && site.clause.guard?.contains(expr) === true);
