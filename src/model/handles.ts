import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { isPattern } from "./fields.ts";
import { boundIn } from "./literals.ts";
import type { Clause } from "./module.ts";
import { usageOf } from "./usage.ts";

/** A kind of handle that somebody has to close: how a call answers it, and what one says of it. */
export type Opener = { readonly what: "file" | "socket" | "connection" | "string device" | "dets table"; readonly shape: "ok" | "bare" };

const openers = new Map<string, Opener>([
  ["File.open", { what: "file", shape: "ok" }], ["File.open!", { what: "file", shape: "bare" }], [":file.open", { what: "file", shape: "ok" }],
  ["StringIO.open", { what: "string device", shape: "ok" }], [":dets.open_file", { what: "dets table", shape: "ok" }],
  [":gen_tcp.connect", { what: "socket", shape: "ok" }], [":gen_tcp.listen", { what: "socket", shape: "ok" }], [":gen_tcp.accept", { what: "socket", shape: "ok" }],
  [":ssl.connect", { what: "socket", shape: "ok" }], [":ssl.listen", { what: "socket", shape: "ok" }], [":ssl.transport_accept", { what: "socket", shape: "ok" }],
  ["Mint.HTTP.connect", { what: "connection", shape: "ok" }], ["Mint.HTTP1.connect", { what: "connection", shape: "ok" }], ["Mint.HTTP2.connect", { what: "connection", shape: "ok" }],
  [":gen_udp.open", { what: "socket", shape: "ok" }], [":socket.open", { what: "socket", shape: "ok" }], [":gen_sctp.open", { what: "socket", shape: "ok" }],
]);
/** Calls that open something. */
export const openerCalls: readonly string[] = [...openers.keys()];

/** What a call opens; undefined for calls that close on their own (`File.open/3` with a function) or upgrade a socket. */
export function openedBy(site: CallSite): Opener | undefined {
  const opener = site.node.kind === "call" ? openers.get(site.name) : undefined;
  if (opener === undefined || (/^(File|StringIO)\.open/.test(site.name) && (site.args.length > 2 || isFunction(site.args.at(-1))))) return undefined;
  return site.name === ":ssl.connect" && !connects(site.args) ? undefined : opener;
}
/** `:ssl.connect(host, port, options)` opens; `:ssl.connect(socket, options, timeout)` upgrades. */
const connects = (args: readonly Expr[]): boolean => args.length === 4 || args[1]?.kind === "number" || /(^|_|\.)port$/.test(args[1]?.text ?? "");
const isFunction = (expr: Expr | undefined): boolean => expr?.kind === "fn" || expr?.kind === "funref";

/** Whether a call closes what it is given: `File.close`, `:gen_tcp.close`, `mod.close(sock)`, or a workspace function that does. */
export function closes(site: CallSite, depth = 0): boolean {
  if (site.node.kind !== "call") return false;
  if (isClosing(site.node)) return true;
  return depth < 2 && site.callee !== undefined && !site.callee.isMacro && site.callee.sites.some((inner) => inner.node !== site.node && closes(inner, depth + 1));
}
const isClosing = (call: Expr): boolean => /^(close|port_close|close_socket|shutdown|disconnect|terminate|hangup|cleanup|clean_up|safe_close|do_close|stop)!?$/.test(call.fun.split(".").at(-1) ?? "");

/** Calls that use a handle and leave it open. */
const using = /^(:file\.(read|read_line|pread|write|pwrite|position|sendfile|datasync|sync|truncate|advise|allocate|copy)|IO\.(read|write|puts|binread|binwrite|getn|gets|inspect)|:gen_tcp\.(send|recv)|:gen_udp\.(send|recv)|:ssl\.(send|recv|peercert|connection_information|negotiated_protocol|setopts|getopts|peername|sockname)|:inet\.\w+|:dets\.(insert|insert_new|lookup|match|match_object|delete|delete_object|delete_all_objects|sync|foldl|foldr|info|first|next|member|traverse|to_ets|from_ets|select|update_counter)|StringIO\.contents|is_\w+|inspect|Logger\.\w+)$/;

/** The variable that holds an opened handle and the part of the clause that can see it; `lost` when nothing can. */
export type Held = { readonly kind: "held"; readonly name: string; readonly pattern: Expr; readonly scope: Expr } | { readonly kind: "lost"; readonly at: Expr } | { readonly kind: "elsewhere" };

/** Who holds what a place opened. */
export function holderOf(site: CallSite, shape: Opener["shape"]): Held {
  const usage = usageOf(site.node);
  if (usage.kind === "dropped") return { kind: "lost", at: site.node };
  if (usage.kind === "matched") return heldBy(usage.pattern, shape, site.node.parent?.isOp("<-") ? (site.node.parent.parent ?? site.clause.node) : site.clause.node);
  if (usage.kind === "subject" && usage.of.isCall("case")) {
    const clause = usage.of.clauses.find((candidate) => (shape === "ok" ? candidate.params[0]?.kind === "tuple" && candidate.params[0].children[0]?.isAtom("ok") : true));
    return clause?.params[0] === undefined ? { kind: "elsewhere" } : heldBy(clause.params[0], shape, clause);
  }
  if (usage.kind === "argument" && shape === "bare" && using.test(usage.call.name) && usage.call.args[0] === site.node) return { kind: "lost", at: site.node };
  return { kind: "elsewhere" };
}

function heldBy(pattern: Expr, shape: Opener["shape"], scope: Expr): Held {
  const inner = shape === "ok" ? (pattern.kind === "tuple" && pattern.children.length === 2 && pattern.children[0]?.isAtom("ok") ? pattern.children[1] : undefined) : pattern;
  if (inner?.kind !== "var") return { kind: "elsewhere" };
  return inner.name.startsWith("_") ? { kind: "lost", at: pattern } : { kind: "held", name: inner.name, pattern, scope };
}

/** What the code that can see a handle does with it: closes it, lets it out of sight, or only uses it. */
export type Fate = "closed" | "escapes" | "used";

/** The fate of a variable below `scope`; through workspace functions three calls deep. */
export function fateOfHandle(name: string, after: number, scope: Expr, clause: Clause, depth = 0): Fate {
  let fate: Fate = "used";
  for (const expr of scope.descendantsOf("var")) {
    if (expr.id <= after || expr.name !== name || isPattern(expr)) continue;
    const use = ofUse(expr, clause, depth);
    if (use === "closed") return "closed";
    if (use === "escapes") fate = "escapes";
  }
  return fate;
}

function ofUse(expr: Expr, clause: Clause, depth: number): Fate {
  const call = expr.parent;
  if (call?.kind !== "call") return "escapes";
  if (isClosing(call)) return "closed";
  if (using.test(call.name)) return "used";
  const callee = clause.siteAt(call)?.callee;
  if (callee === undefined || callee.isMacro || depth > 2) return "escapes";
  const index = call.args.indexOf(expr);
  const fates = callee.clauses.map((inner) => {
    const param = inner.params[index];
    return param?.kind === "var" ? fateOfHandle(param.name, inner.head.next - 1, inner.node, inner, depth + 1) : "escapes";
  });
  return fates.includes("closed") ? "closed" : fates.includes("escapes") ? "escapes" : "used";
}

/** Whether the expression names a variable that the pattern binds. */
export const mentionsAny = (expr: Expr, pattern: Expr): boolean => {
  const names = boundIn(pattern);
  return [...expr.descendants()].some((part) => part.kind === "var" && names.has(part.name));
};
