import type { Expr } from "../../syntax/tree.ts";

/** Literal keys, and names that say they come from a small set. */
export const isBoundedKey = (key: Expr): boolean => ["atom", "string", "number", "alias", "attribute"].includes(key.kind) || (key.kind === "var" && /^_|^(type|kind|level|status|event|node|name|module|mod|queue|topic|table|strategy|state|phase|metric|category|field|key_type|scope|schema|struct|locale|lang|language|app|application|repo|adapter|protocol|format|function|fun|mfa|handler|config|option|version|method|behaviour)$/.test(key.name));

/** Names that say that new values keep coming: ids, pids, references, tokens, addresses. */
export const isEntityKey = (key: Expr): boolean => /(^|_)(id|uuid|pid|ref|token|user|session|session_key|ip|email|url|request|job|order|hash|socket|conn|caller|from|client)$/.test(key.kind === "var" || key.kind === "field" ? key.name : "") || key.isCall("self", "make_ref");
