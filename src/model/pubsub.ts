import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { constantOf } from "./literals.ts";
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

/** Shape of the topic that a call subscribes to, itself or in the workspace function it calls. */
export function subscribedTopic(site: CallSite): string | undefined {
  if (subscribes.test(site.name)) return shapeOf(site.args[1], site.module);
  const inner = site.callee?.sites.filter((candidate) => subscribes.test(candidate.name)) ?? [];
  return inner.length === 1 && inner[0] !== undefined ? shapeOf(inner[0].args[1], inner[0].module) : undefined;
}

/** What the workspace broadcasts on a topic; `isKnown` tells whether every message and topic is written out. */
export type Broadcasts = { readonly messages: readonly { readonly site: CallSite; readonly message: Expr }[]; readonly isKnown: boolean };

export function broadcastsOn(workspace: Workspace, topic: string): Broadcasts {
  const byTopic = broadcastsByTopic(workspace);
  const messages = byTopic.get(`on ${topic}`).flatMap(({ site, message }) => (message === undefined ? [] : [{ site, message }]));
  return { messages, isKnown: messages.length > 0 && !byTopic.has(UNKNOWN) && messages.every(({ message }) => message.kind !== "var") };
}
const UNKNOWN = "computed";
const broadcastsByTopic = indexed("broadcasts", (module) =>
  (module.isLib ? module.callsMatching(broadcasts) : []).filter(({ node }) => node.kind === "call").map((site) => {
    const topic = shapeOf(site.args.at(-2), module);
    return [topic === undefined ? UNKNOWN : `on ${topic}`, { site, message: site.args.at(-1) }] as const;
  }),
);
