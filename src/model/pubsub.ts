import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { constantOf, literalName } from "./literals.ts";
import type { Module } from "./module.ts";
import { indexed } from "./indexes.ts";
import type { Workspace } from "./workspace.ts";

const subscribes = /(^|\.)PubSub\.subscribe$/;
const broadcasts = /(^|\.)PubSub\.(local_)?broadcast(_from)?!?$/;

/**
 * The topic as it is written, with `#{}` for what is filled in at run time: `"cart:#{id}"` and `"cart:" <> id` are one shape.
 * Looks through attributes and functions with one clause; undefined when nothing of it is written out.
 */
function shapeOf(topic: Expr | undefined, module: Module, depth = 0): string | undefined {
  const value = constantOf(topic, module) ?? topic;
  if (value === undefined || depth > 3) return undefined;
  if (value.kind === "string") return value.text.replace(/#\{[^}]*\}/g, "#{}").replace(/^"|"$/g, "");
  if (value.isOp("<>")) {
    const left = shapeOf(value.left, module, depth + 1);
    return left === undefined ? undefined : `${left}${shapeOf(value.right, module, depth + 1) ?? "#{}"}`;
  }
  if (value.kind !== "call" || value.target !== undefined) return undefined;
  const fn = (value.module === "" ? module : module.workspace.module(value.module, module))?.fn(value.module === "" ? value.name : value.fun, value.count);
  return fn?.clauses.length === 1 ? shapeOf(fn.clauses[0]?.result, fn.module, depth + 1) : undefined;
}

/** What a call subscribes to: the shape of the topic, and the PubSub server where its name is literal. */
export type Subscription = { readonly topic: string; readonly server: string | undefined };

/** What a call subscribes to, itself or in the workspace function it calls; undefined when nothing of the topic is written out. */
export function subscriptionAt(site: CallSite): Subscription | undefined {
  const inner = subscribes.test(site.name) ? [site] : (site.callee?.sites.filter((candidate) => subscribes.test(candidate.name)) ?? []);
  const [only, ...others] = inner;
  const topic = only === undefined || others.length > 0 ? undefined : shapeOf(only.args[1], only.module);
  return only === undefined || topic === undefined ? undefined : { topic, server: literalName(only.args[0], only.module) };
}

/** What the workspace broadcasts where a subscription hears it; `isKnown` tells whether every message and topic is written out. */
export type Broadcasts = { readonly messages: readonly { readonly site: CallSite; readonly message: Expr }[]; readonly isKnown: boolean };

export function broadcastsOn(workspace: Workspace, { topic, server }: Subscription): Broadcasts {
  const byTopic = broadcastsByTopic(workspace);
  const heard = byTopic.get(`on ${topic}`).filter(({ site }) => isSame(server, literalName(site.args[0], site.module)));
  const messages = heard.flatMap(({ site, message }) => (message === undefined ? [] : [{ site, message }]));
  return { messages, isKnown: messages.length > 0 && !byTopic.has(UNKNOWN) && messages.every(({ message }) => message.kind !== "var") };
}
/** A name that is computed may be any. */
const isSame = (one: string | undefined, other: string | undefined): boolean => one === undefined || other === undefined || one === other;
const UNKNOWN = "computed";
const broadcastsByTopic = indexed("broadcasts", (module) =>
  (module.isLib ? module.callsMatching(broadcasts) : []).filter(({ node }) => node.kind === "call").map((site) => {
    const topic = shapeOf(site.args.at(-2), module);
    return [topic === undefined ? UNKNOWN : `on ${topic}`, { site, message: site.args.at(-1) }] as const;
  }),
);
