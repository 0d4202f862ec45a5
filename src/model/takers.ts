import type { Expr } from "../syntax/tree.ts";
import { indexed } from "./indexes.ts";
import type { Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { registrationOf, tagOf } from "./server.ts";

/** The servers of a workspace by the names under which they are registered, and by the messages that they have clauses for. */

/** How a message is sent. `timer`: the process arms it for itself. */
export type MessageKind = "call" | "cast" | "send" | "timer";

/** The callback that takes a message. */
export const callbackFor = { call: "handle_call/3", cast: "handle_cast/2", send: "handle_info/2", timer: "handle_info/2" } as const;

/** Servers and agents by the literal name that each registers, or registers unless it is given another. */
export const serversByName = indexed("servers and agents by name", (server) => {
  const registration = server.isLib && (server.isServer || server.is("Agent")) ? registrationOf(server) : undefined;
  return registration?.kind === "literal" || registration?.kind === "default" ? [[registration.name, server] as const] : [];
});

/** Servers by the kind, tag and size of the messages they have clauses for, as `keyOf` writes them. */
export const takersOfTag = indexed("takers of messages", (server) => (server.isLib && server.isServer ? [...keysTaken(server)] : []).map((key) => [key, server] as const));

const keysTaken = remembered((server: Module): ReadonlySet<string> => new Set((["call", "cast", "send"] as const).flatMap((kind) => server.callback(callbackFor[kind]).flatMap(({ params: [message] }) => keyOf({ kind, message }) ?? []))));

/** Under what the takers of a message are found; undefined for one without a tag. */
export function keyOf({ kind, message }: { readonly kind: MessageKind; readonly message: Expr | undefined }): string | undefined {
  const tag = tagOf(message);
  return tag === undefined ? undefined : `${kind === "timer" ? "send" : kind} ${tag.tag}/${tag.size}`;
}
