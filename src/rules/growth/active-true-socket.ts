import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn, constantOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

/** Which argument of a call holds the socket options. */
const openers: ReadonlyMap<string, number> = new Map([
  [":gen_tcp.listen", 1], [":gen_tcp.connect", 2], [":ssl.listen", 1], [":ssl.connect", 2], [":ssl.handshake", 1], [":gen_udp.open", 1], [":inet.setopts", 1], [":ssl.setopts", 1], [":gen_sctp.open", 1],
]);

export default defineRule({
  id: "active-true-socket",
  family: "growth",
  title: "A socket delivers without limit",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "active: :once, set again at the end of the data clause" },
  source: "https://www.erlang.org/doc/apps/kernel/inet.html#setopts/2",
  doc: {
    what: "A socket is opened with, or set to, `active: true`.",
    why: "The runtime then turns everything that arrives into messages, whether the owner keeps up or not: the sender decides how long the mailbox gets. Of 500 lines sent to a busy owner 500 waited in the mailbox; with `:once` it was one, and TCP slowed the sender.",
    instead: "`active: :once` and `:inet.setopts(socket, active: :once)` at the end of the clause that handles data, or `active: n` and a clause for `{:tcp_passive, socket}`.",
    fine: ["`active: :once`, `active: n`, `active: false`.", "The module sets the socket back to `:once` or `false`.", "The socket is closed in the function that opened it.", "An option of the caller asks for it.", "Options that a test or script sets."],
    sure: "Proven: the literal decides. High where anybody can connect; low where this side chose the peer. Review, and low, for UDP and DTLS, which promise no delivery.",
  },
  bad: [
    elixir`
      defmodule Till do
        def open(port), do: :gen_tcp.listen(port, [:binary, active: true]) #! nothing slows the sender
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def init(port), do: :gen_tcp.listen(port, [:binary, active: :once])
        def handle_info({:tcp, socket, line}, s) do
          :inet.setopts(socket, active: :once)
          {:noreply, [line | s]}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const sites = module.calls(...openers.keys());
    if (sites.some((site) => setsBack(site, module))) return;
    for (const site of sites) {
      const option = activeOption(site, module);
      if (option === undefined || !isTrue(option) || isClosedHere(site) || isAskedFor(site) || site.args.some((arg) => [...arg.descendants()].some((part) => part.isAtom("local")))) continue;
      yield judge(module, site, option);
    }
  },
});

/** The value of `active` among the options of a call: written there, in an attribute, or in a list bound or built before. */
function activeOption(site: CallSite, module: Module): Expr | undefined {
  const given = constantOf(site.args[openers.get(site.name) ?? 1], module);
  if (given === undefined) return undefined;
  return activeIn(given) ?? (given.kind === "var" ? boundOption(given, site, module) : partsOf(given).flatMap((part) => activeIn(constantOf(part, module)) ?? (part.kind === "var" ? (boundOption(part, site, module) ?? []) : []))[0]);
}
function boundOption(variable: Expr, site: CallSite, module: Module): Expr | undefined {
  for (const expr of site.clause.node.descendants()) {
    if (expr.id >= site.id) return undefined;
    if (expr.kind !== "match" || expr.left?.isVar(variable.name) !== true || expr.right === undefined) continue;
    const value = constantOf(expr.right, module);
    const found = value === undefined ? undefined : (activeIn(value) ?? partsOf(value).flatMap((part) => activeIn(constantOf(part, module)) ?? [])[0]);
    if (found !== undefined) return found;
  }
  return undefined;
}
/** Lists that are put together: `[…] ++ opts`, `Keyword.merge(a, b)`. */
const partsOf = (expr: Expr): readonly Expr[] => (expr.isOp("++") ? expr.children.flatMap((child) => [child, ...partsOf(child)]) : expr.isCall("Keyword.merge", "Keyword.put", "List.flatten", "Enum.concat") ? expr.args : []);

function activeIn(list: Expr | undefined): Expr | undefined {
  if (list?.kind !== "list") return undefined;
  const tuple = list.children.find((child) => child.kind === "tuple" && child.children.length === 2 && child.children[0]?.isAtom("active"));
  return list.get("active") ?? tuple?.children[1];
}
const isTrue = (value: Expr): boolean => value.isAtom("true");

/** The module tames its sockets: some call sets `active` to something else. */
const setsBack = (site: CallSite, module: Module): boolean => {
  const value = site.name.endsWith(".setopts") ? activeOption(site, module) : undefined;
  return value !== undefined && !isTrue(value);
};

/** `if opts[:mode] == :active`: the caller of a library for sockets asks for it, and has to keep up. */
const isAskedFor = ({ node, clause }: CallSite): boolean => {
  const names = new Set(clause.params.flatMap((param) => [...boundIn(param)]));
  return [...node.ancestors()].some((above) => above.isCall("if", "unless", "case") && above.args[0]?.descendantsOf("call").some((read) => read.isCall("Access.get", "Keyword.get", "Map.get") && read.args[0]?.kind === "var" && names.has(read.args[0].name)) === true);
};

/** Opened for one exchange, or handed over to TLS, which has its own mode: the same function closes or upgrades it. */
const isClosedHere = (site: CallSite): boolean => site.fn.sites.some((other) => other.id > site.id && /(^|[._])(close|shutdown|disconnect)$|^:ssl\.(connect|handshake)$/.test(other.name));

/** The process that gets the messages of the socket has patterns for `{:udp, …}`. */
const takesDatagrams = ({ clause }: CallSite): boolean => [clause, ...clause.sites.flatMap(({ callee }) => callee?.clauses ?? [])].some(({ node }) => node.descendantsOf("tuple").some((tuple) => tuple.children[0]?.isAtom("udp") === true));

function judge(module: Module, site: CallSite, option: Expr): Report {
  const isConnect = site.name.endsWith(".connect") || site.clause.sites.some((other) => other.id < site.id && /^:(gen_tcp|ssl)\.connect$/.test(other.name));
  const isUdp = site.name.startsWith(":gen_udp") || takesDatagrams(site) || module.node.descendantsOf("atom").some((atom) => atom.isAtom("dtls"));
  const severity = isConnect || isUdp ? "low" : "high";
  return {
    at: site.node.contains(option) ? option.parent?.kind === "pair" || option.parent?.kind === "tuple" ? option.parent : option : site.node,
    severity,
    confidence: isUdp ? "review" : "proven",
    message: `The peer of ${module.shortName}'s socket can fill its mailbox: \`active: true\` delivers all that arrives, and nothing slows the sender. Use \`active: :once\` and set it again after each message.`,
    related: [{ at: site.node, message: "given to the socket here" }],
    evidence: ["The option is written out as `active: true`."],
    searched: ["`setopts` with `:once`, `false` or a number in the module (none)", "a close in the same function (none)"],
  };
}
