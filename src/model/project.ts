import type { Module } from "./module.ts";
import type { Workspace } from "./workspace.ts";

/** `{ major: 1, minor: 15 }`. */
export type ElixirVersion = { readonly major: number; readonly minor: number };

/** The Elixir that each `mix.exs` of the workspace asks for at least, from `elixir: "~> 1.15"`, by its folder ("" or "apps/shop/"). */
const requirements = (workspace: Workspace): ReadonlyMap<string, ElixirVersion> =>
  workspace.note(requirements, ({ files }) => {
    const found = new Map<string, ElixirVersion>();
    for (const { path, tree } of files) {
      if (!/(^|\/)mix\.exs$/.test(path)) continue;
      for (const expr of tree.root.descendantsOf("pair")) {
        const version = expr.key?.isAtom("elixir") === true && expr.value?.kind === "string" ? /(\d+)\.(\d+)/.exec(expr.value.text) : null;
        if (version !== null) found.set(path.slice(0, -"mix.exs".length), { major: Number(version[1]), minor: Number(version[2]) });
      }
    }
    return found;
  });

/** The oldest Elixir that the project of a module accepts: that of the nearest `mix.exs` above it. Undefined when none says. */
export function oldestElixir(module: Module): ElixirVersion | undefined {
  const above = [...requirements(module.workspace)].filter(([folder]) => module.file.path.startsWith(folder));
  return above.sort(([a], [b]) => b.length - a.length)[0]?.[1];
}

/**
 * Whether the module's project may run on OTP 23 or older, where the reply to a call that timed out still arrives as a message;
 * since OTP 24 process aliases drop it. Elixir 1.15 needs OTP 24 (its compatibility table).
 */
export function allowsLateReplies(module: Module): boolean {
  const oldest = oldestElixir(module);
  return oldest !== undefined && oldest.major === 1 && oldest.minor < 15;
}
