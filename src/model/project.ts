import type { Workspace } from "./workspace.ts";

/** `{ major: 1, minor: 15 }`. */
export type ElixirVersion = { readonly major: number; readonly minor: number };

/**
 * The oldest Elixir that the `mix.exs` files of the workspace accept, from `elixir: "~> 1.15"`; the oldest of all of them in
 * an umbrella. Undefined when none says.
 */
export const oldestElixir = (workspace: Workspace): ElixirVersion | undefined =>
  workspace.note(oldestElixir, ({ files }) => {
    let oldest: ElixirVersion | undefined;
    for (const { path, tree } of files) {
      if (!/(^|\/)mix\.exs$/.test(path)) continue;
      for (const expr of tree.root.descendantsOf("pair")) {
        const version = expr.key?.isAtom("elixir") === true && expr.value?.kind === "string" ? /(\d+)\.(\d+)/.exec(expr.value.text) : null;
        if (version === null) continue;
        const found = { major: Number(version[1]), minor: Number(version[2]) };
        if (oldest === undefined || found.major < oldest.major || (found.major === oldest.major && found.minor < oldest.minor)) oldest = found;
      }
    }
    return oldest;
  });

/**
 * Whether the project may run on OTP 23 or older, where the reply to a call that timed out still arrives as a message; since
 * OTP 24 process aliases drop it. Elixir 1.15 needs OTP 24 (its compatibility table).
 */
export function allowsLateReplies(workspace: Workspace): boolean {
  const oldest = oldestElixir(workspace);
  return oldest !== undefined && oldest.major === 1 && oldest.minor < 15;
}
