import { indexed } from "./indexes.ts";
import type { Workspace } from "./workspace.ts";

/** `{ major: 1, minor: 15 }`. */
export type ElixirVersion = { readonly major: number; readonly minor: number };

/**
 * The oldest Elixir that the `mix.exs` files of the workspace accept, from `elixir: "~> 1.15"`; the oldest of all of them in
 * an umbrella. Undefined when none says.
 */
export function oldestElixir(workspace: Workspace): ElixirVersion | undefined {
  let oldest: ElixirVersion | undefined;
  for (const [, found] of versions(workspace).all()) if (oldest === undefined || found.major < oldest.major || (found.major === oldest.major && found.minor < oldest.minor)) oldest = found;
  return oldest;
}
const versions = indexed("Elixir versions", ({ file: { path }, node }) => {
  if (!/(^|\/)mix\.exs$/.test(path)) return [];
  return node.descendantsOf("pair").flatMap((expr) => {
    const version = expr.key?.isAtom("elixir") === true && expr.value?.kind === "string" ? /(\d+)\.(\d+)/.exec(expr.value.text) : null;
    return version === null ? [] : [["", { major: Number(version[1]), minor: Number(version[2]) }] as const];
  });
});

/**
 * Whether the project may run on OTP 23 or older, where the reply to a call that timed out still arrives as a message; since
 * OTP 24 process aliases drop it. Elixir 1.15 needs OTP 24 (its compatibility table).
 */
export function allowsLateReplies(workspace: Workspace): boolean {
  const oldest = oldestElixir(workspace);
  return oldest !== undefined && oldest.major === 1 && oldest.minor < 15;
}
