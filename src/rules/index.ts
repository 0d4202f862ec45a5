import type { Rule } from "../engine/rule.ts";
import selfCall from "./blocking/self-call.ts";

/** Every rule, sorted by id. Written by `npm run gen`. */
export const rules: readonly Rule[] = [selfCall];
