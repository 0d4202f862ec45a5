import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries } from "../../model/context.ts";
import { boundIn } from "../../model/literals.ts";
import { type Expr, flag } from "../../syntax/tree.ts";

const makers = ["String.to_atom", "List.to_atom", ":erlang.binary_to_atom", ":erlang.list_to_atom", "Module.concat"] as const;
const decoders = /^(Jason|Poison|JSON|Jiffy|JSX|Tesla\.Middleware\.JSON)\.(decode!?|parse!?)$/;
const starters = /\.(start_link|start)$/;
const suspects = new RegExp(`${decoders.source}|${starters.source}`);

export default defineRule({
  id: "dynamic-atom",
  family: "resources",
  title: "Atoms are made from data that comes from outside",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Keep strings, use a literal map, or a Registry for names" },
  source: "https://hexdocs.pm/elixir/code-anti-patterns.html#dynamic-atom-creation",
  doc: {
    what: "Params, payloads, messages or keys of decoded data become atoms, or every instance of a process gets an atom as its name.",
    why: "Atoms are never freed. The table holds about a million; when it is full the whole node stops. Whoever sends the data decides how fast.",
    instead: "Strings as keys, a literal map from string to atom, `String.to_existing_atom/1` where the atoms exist by then, and `{:via, Registry, {Ovens, id}}` for names.",
    fine: ["Values that are tested against a literal list before.", "Module attributes, configuration, compile time, Mix tasks and tests.", "`String.to_existing_atom/1`.", "Values that are atoms already.", "Map keys that the code composes with words of its own."],
    never: "A rescue around it: the atom is made before anything raises.",
    sure: "Proven for decoders, params and parts of messages; likely for names of instances and for keys of maps.",
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
      if (decoders.test(site.name) && takesAtoms(site)) yield found(site, site.node, "each new key of the decoded text", "The decoder makes an atom of every key.", "proven");
      else if (starters.test(site.name)) {
        const name = site.args.at(-1)?.get("name");
        if (name?.kind === "atom" && name.has(flag.interpolated)) yield found(site, name, "each instance's name", "The name is built for each instance.", "likely");
      }
    }
  },
});

const takesAtoms = (site: CallSite): boolean => site.args.at(-1)?.get("keys")?.isAtom("atoms") === true && site.args[0]?.kind !== "string" && !isOwnFile(site.args[0]);
const isOwnFile = (source: Expr | undefined): boolean => source !== undefined && [...source.descendants()].some((part) => part.isCall("File.read!", "File.read"));

function found(site: CallSite, at: Expr, what: string, evidence: string, confidence: Report["confidence"]): Report {
  return { at, message: `\`${site.fn.id}\` makes an atom of ${what}, which is never freed; the table holds about a million, and the node stops when it is full. Keep strings, or use names in a Registry.`, evidence: [evidence], searched: ["a test against a literal list (none)"], confidence };
}

function ofConversion(site: CallSite): Report | undefined {
  const subject = site.name === "Module.concat" ? site.args.at(-1) : site.args[0];
  if (site.node.kind !== "call" || subject === undefined || site.fn.kind === "block" || site.around.quoted) return undefined;
  const inner = [...subject.descendants()].find((part) => part.kind === "var" || isOutside(part));
  if (inner === undefined || isTested(site, inner) || isAtomAlready(site, inner)) return undefined;
  if (site.name === "Module.concat" && subject.kind !== "string") return undefined;
  if (isOutside(inner)) return found(site, site.node, `\`${shortened(inner.text)}\``, "The value comes from outside.", "proven");
  const entry = callbackEntries(site).find((candidate) => candidate.fn === site.fn && /^handle_(call|cast|info|in|event|params|message)$/.test(candidate.fn.name));
  if (entry !== undefined && site.clause.params[0] !== undefined && boundIn(site.clause.params[0]).has(inner.name)) return found(site, site.node, `\`${inner.name}\` of the message`, "The value is part of the message.", "proven");
  if (isMapKey(site, inner) && !isOwnName(subject)) return found(site, site.node, `each key \`${inner.name}\``, "The keys of a map that is given become atoms.", "likely");
  return undefined;
}

/** `params["from"]`, `conn.params`, `job.class`: data that a user, a peer or a queue sends. */
function isOutside(part: Expr): boolean {
  if (part.isCall("Access.get")) return part.args[1]?.kind === "string" && /^(params|payload|args|attrs|body|json|data|message|event|job|conn)$/.test(part.args[0]?.name ?? "");
  return part.kind === "field" && /^(job|payload|params|message|event)$/.test(part.target?.name ?? "") && /^(class|type|name|event|action|kind|topic|key)$/.test(part.name);
}

/** `"#{name}_count"`: a key that the code composes with words of its own stands in maps that it fills itself, such as metrics. */
const isOwnName = (subject: Expr): boolean => subject.kind === "string" && subject.has(flag.interpolated) && !/^"#\{[^}]*\}"$/.test(subject.text);

/** A variable that stands for the key in a walk over a map's pairs. */
function isMapKey(site: CallSite, variable: Expr): boolean {
  const { loop } = site.around;
  if (loop === undefined || !/^(k|key|field|name|attr|param)$/.test(variable.name)) return false;
  const patterns = loop.args.flatMap((arg) => (arg.kind === "fn" ? arg.clauses.flatMap((clause) => clause.params) : arg.isOp("<-") && arg.left !== undefined ? [arg.left] : []));
  return patterns.some((pattern) => pattern.kind === "tuple" && pattern.children.length === 2 && pattern.children[0]?.isVar(variable.name) === true);
}

/** `x in [...]`, or a guard or case with literals, comes before. */
const isTested = (site: CallSite, value: Expr): boolean => [...site.clause.node.descendants()].some((expr) => expr.isOp("in") && expr.left?.text === value.text) || [...site.node.ancestors()].some((above) => above.kind === "clause" && above.params.some((param) => param.kind === "string"));
const isAtomAlready = (site: CallSite, value: Expr): boolean => value.kind === "var" && [...site.clause.node.descendants()].some((expr) => expr.isCall("is_atom") && expr.args[0]?.isVar(value.name) === true && site.clause.guard?.contains(expr) === true);
const shortened = (text: string): string => text.replace(/\s+/g, " ").slice(0, 40);
