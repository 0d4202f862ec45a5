import { type Expr, flag } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { literalName } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { matchesOn } from "./flow.ts";

/** How a server of a module is known to others. */
export type Registration =
  | { readonly kind: "literal"; readonly name: string; readonly at: Expr }
  /** From options, with the module itself (or another literal) as default. */
  | { readonly kind: "default"; readonly name: string; readonly at: Expr }
  | { readonly kind: "per-instance"; readonly at: Expr }
  | { readonly kind: "none" };

const starters = ["GenServer.start_link", "GenServer.start", ":gen_server.start_link", ":gen_server.start", ":gen_statem.start_link", ":gen_statem.start", "GenStateMachine.start_link", "GenStage.start_link", "Agent.start_link", "Agent.start", "Supervisor.start_link", "DynamicSupervisor.start_link", "Connection.start_link"] as const;

/** Places in the module that start its own process. */
export function startSites(module: Module): CallSite[] {
  return module.calls(...starters).filter((site) => {
    if (/^(Agent|Supervisor|DynamicSupervisor)\./.test(site.name)) return site.name.startsWith("Agent") ? module.is("Agent") : module.is("Supervisor", "DynamicSupervisor");
    return site.args.some((arg) => arg.kind === "alias" && arg.name === module.name);
  });
}

/** The name under which the module registers its process, read from its own start functions. */
export const registrationOf = remembered((module: Module): Registration => readRegistration(module));

function readRegistration(module: Module): Registration {
  for (const site of startSites(module)) {
    if (site.name.startsWith(":gen")) {
      const first = site.args[0];
      const name = first?.kind === "tuple" && first.children[0]?.isAtom("local") ? literalName(first.children[1], module) : undefined;
      if (first !== undefined && name !== undefined) return { kind: "literal", name, at: first };
      if (first?.kind === "tuple") return { kind: "per-instance", at: first };
      continue;
    }
    const options = site.args.at(-1);
    const name = options === undefined ? undefined : nameOption(options, site);
    if (name !== undefined) return classifyName(name, module, site);
  }
  return { kind: "none" };
}

/** The `name:` of start options: written there, in a variable bound to a literal list, or put in by `Keyword.put_new`. */
function nameOption(options: Expr, site: CallSite): Expr | undefined {
  const direct = options.get("name");
  if (direct !== undefined) return direct;
  if (options.kind !== "var") return undefined;
  for (const { right: value } of matchesOn(site.clause.node, options.name)) {
    if (value?.get("name") !== undefined) return value.get("name");
    if (value?.isCall("Keyword.put_new", "Keyword.put") === true && value.args[1]?.isAtom("name") === true) return value;
  }
  return undefined;
}

function classifyName(name: Expr, module: Module, site: CallSite): Registration {
  const literal = literalName(name, module);
  if (literal !== undefined) return { kind: "literal", name: literal, at: name };
  const withDefault = defaultedName(name, module, site.clause);
  if (withDefault !== undefined) return { kind: "default", name: withDefault, at: name };
  return { kind: "per-instance", at: name };
}

/** The literal that stands in for an option: `Keyword.get(opts, :name, __MODULE__)`, `opts[:name] || __MODULE__`, a parameter's default, or a variable bound to one of these. */
export function defaultedName(name: Expr, module: Module, clause: Clause): string | undefined {
  if (name.isCall("Keyword.get", "Keyword.pop", "Access.get", "Map.get", "Keyword.put_new", "Keyword.put")) return literalName(name.args[2], module);
  if (name.kind === "op" && name.name === "||") return literalName(name.right, module);
  if (name.kind === "var") {
    for (const expr of clause.node.descendants()) {
      if (expr.kind === "match" && expr.right !== undefined && expr !== name && (expr.left?.isVar(name.name) || (expr.left?.kind === "tuple" && expr.left.children[0]?.isVar(name.name)))) return defaultedName(expr.right, module, clause) ?? literalName(expr.right, module);
      if (expr.kind === "op" && expr.name === "\\\\" && expr.left?.isVar(name.name)) return literalName(expr.right, module);
    }
  }
  return undefined;
}

/** Whether the process sets `trap_exit` anywhere in the module. */
export function trapsExits(module: Module): boolean {
  return module.calls("Process.flag", ":erlang.process_flag").some((site) => site.args[0]?.isAtom("trap_exit") && !site.args[1]?.isAtom("false"));
}

/** A public function of a server's module that sends a request to the server, with what it sends. */
export type ClientFunction = { readonly fn: Fn; readonly site: CallSite; readonly kind: "call" | "cast" | "send"; readonly target: Expr | undefined; readonly message: Expr | undefined; readonly timeout: Expr | undefined };

const requests: ReadonlyMap<string, "call" | "cast" | "send"> = new Map([
  ["GenServer.call", "call"], ["GenServer.cast", "cast"], ["send", "send"], ["Kernel.send", "send"], ["Process.send", "send"], [":gen_server.call", "call"], [":gen_server.cast", "cast"],
  [":gen_statem.call", "call"], [":gen_statem.cast", "cast"], ["GenStateMachine.call", "call"], ["GenStateMachine.cast", "cast"], ["GenStage.call", "call"], ["GenStage.cast", "cast"],
]);

/** Requests written in the module: who is addressed with which message. */
export function requestsIn(module: Module): ClientFunction[] {
  return module.calls(...requests.keys()).filter((site) => site.node.kind === "call").map((site) => ({ fn: site.fn, site, kind: requests.get(site.name) ?? "send", target: site.args[0], message: site.args[1], timeout: site.args[2] }));
}

/** Tag of a message or of a clause's pattern: the atom itself, or the first atom of a tuple; with the tuple's size. */
export function tagOf(message: Expr | undefined): { readonly tag: string; readonly size: number } | undefined {
  if (message === undefined) return undefined;
  if (message.kind === "match") return tagOf(message.left) ?? tagOf(message.right);
  if (message.kind === "atom") return { tag: message.name, size: 0 };
  const first = message.kind === "tuple" ? message.children[0] : undefined;
  return first?.kind === "atom" ? { tag: first.name, size: message.children.length } : undefined;
}

/** Whether the pattern takes anything: a variable, without guard. */
export const isCatchAll = (pattern: Expr | undefined, guard: Expr | undefined): boolean => pattern?.kind === "var" && guard === undefined && !pattern.has(flag.capture);
