import { projectOf } from "./code-kind.ts";
import { indexed } from "./indexes.ts";
import type { Module } from "./module.ts";

/** `{ major: 1, minor: 15 }`. */
type ElixirVersion = { readonly major: number; readonly minor: number };

/** The folder of a `mix.exs`, "" or "apps/shop/"; undefined for every other file. */
const mixFolder = (path: string): string | undefined => (/(^|\/)mix\.exs$/.test(path) ? path.slice(0, -"mix.exs".length) : undefined);

/** The Elixir that each `mix.exs` asks for at least, from `elixir: "~> 1.15"`, by its folder ("" or "apps/shop/"). */
const requirements = indexed("Elixir versions", ({ file: { path }, node }) => {
  const folder = mixFolder(path);
  if (folder === undefined) return [];
  return node.descendantsOf("pair").flatMap((expr) => {
    const version = expr.key?.isAtom("elixir") === true && expr.value?.kind === "string" ? /(\d+)\.(\d+)/.exec(expr.value.text) : null;
    return version === null ? [] : [[folder, { major: Number(version[1]), minor: Number(version[2]) }] as const];
  });
});

/** The oldest Elixir that the project of a module accepts: that of the nearest `mix.exs` above it. Undefined when none says. */
function oldestElixir({ workspace, file: { path } }: Module): ElixirVersion | undefined {
  const folders = path.split("/").slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth--) {
    const [oldest] = requirements(workspace).get(folders.slice(0, depth).map((folder) => `${folder}/`).join(""));
    if (oldest !== undefined) return oldest;
  }
  return undefined;
}

/** Folders of projects that are published as packages, by `package:` in their `mix.exs`. */
const packages = indexed("packages", ({ file: { path }, node }) => {
  const folder = mixFolder(path);
  return folder !== undefined && [...node.descendantsOf("pair")].some(({ key }) => key?.isAtom("package") === true) ? [[folder, true] as const] : [];
});

/** Projects that start something of their own, by their folders. */
const applications = indexed("applications", (module) => (module.isLib && module.is("Application") ? [[projectOf(module.file.path), true] as const] : []));

/** Whether others use the project's functions, whose calls cannot be seen: it is a package, or starts nothing of its own. */
export function isLibrary({ workspace, file }: Module): boolean {
  const folder = projectOf(file.path);
  return packages(workspace).get(folder).length > 0 || applications(workspace).get(folder).length === 0;
}

const fromGit = indexed("dependencies from git", ({ file: { path }, node }) => {
  const folder = mixFolder(path);
  if (folder === undefined) return [];
  return node.descendantsOf("tuple").flatMap(({ children: [name, options] }) => (name?.kind === "atom" && (options?.get("github") ?? options?.get("git")) !== undefined ? [[name.name, folder] as const] : []));
});

/** Whether a project above the module takes a dependency from a repository as it stood some day, so that nobody can tell its version. */
export const isOfUnknownVersion = ({ workspace, file: { path } }: Module, dependency: string): boolean => fromGit(workspace).get(dependency).some((folder) => path.startsWith(folder));

/**
 * Whether the module's project may run on OTP 23 or older, where the reply to a call that timed out still arrives as a message;
 * since OTP 24 process aliases drop it. Elixir 1.15 needs OTP 24 (its compatibility table).
 */
export function allowsLateReplies(module: Module): boolean {
  const oldest = oldestElixir(module);
  return oldest !== undefined && oldest.major === 1 && oldest.minor < 15;
}
