/** What a file is for; most rules speak of `lib` only. */
export type CodeKind = "lib" | "test" | "test-support" | "script" | "mix-task" | "migration" | "config" | "other";

/**
 * Told by the conventions of Mix: folders and endings of a path relative to the scanned folder.
 * Mix compiles `lib` (older Phoenix also `web`); an `.ex` file elsewhere is a draft, a template or an example ("other"),
 * unless nothing in the workspace lies in such a folder (`hasLib` false).
 */
export function codeKindOf(path: string, hasLib = true): CodeKind {
  if (/(^|\/)(test|tests|spec|integration_test)\/.*_test\.exs?$/.test(path) || /_test\.exs$/.test(path)) return "test";
  if (/(^|\/)(test|spec|integration_test|test_integrations?|bench|benchmarks?)\//.test(path)) return "test-support";
  if (/(^|\/)priv\/.*migrations\//.test(path)) return "migration";
  // What others wrote and the project only carries along.
  if (/(^|\/)vendor(ed)?\//.test(path)) return "other";
  if (/(^|\/)(mix\.exs|config\/[^/]*\.exs)$/.test(path) || /(^|\/)\.[^/]*\.exs$/.test(path)) return "config";
  if (/(^|\/)mix\/tasks\//.test(path)) return "mix-task";
  if (path.endsWith(".exs")) return "script";
  return !hasLib || isInLib(path) ? "lib" : "other";
}

/** Whether the path lies in a folder that Mix compiles by convention; templates below `priv` do not. */
export const isInLib = (path: string): boolean => /(^|\/)(lib|web|src|examples?)\//.test(path) && !/(^|\/)priv\//.test(path);

/**
 * The folder of the Mix project that a file belongs to, by the conventional folders of Mix: `apps/till` for `apps/till/lib/till.ex`,
 * and the empty string for the project in the scanned folder.
 */
export const projectOf = (path: string): string => /^(.*?\/)?(?:lib|web|src|test|tests|spec|integration_test|priv|config|bench)\//.exec(path)?.[1] ?? "";
