/** What a file is for; most rules speak of `lib` only. */
export type CodeKind = "lib" | "test" | "test-support" | "script" | "mix-task" | "migration" | "config";

/** Told by the conventions of Mix: folders and endings of a path relative to the scanned folder. */
export function codeKindOf(path: string): CodeKind {
  if (/(^|\/)(test|tests|spec|integration_test)\/.*_test\.exs?$/.test(path) || /_test\.exs$/.test(path)) return "test";
  if (/(^|\/)(test|spec|integration_test|bench|benchmarks?)\//.test(path)) return "test-support";
  if (/(^|\/)priv\/.*migrations\//.test(path)) return "migration";
  if (/(^|\/)(mix\.exs|config\/[^/]*\.exs)$/.test(path) || /(^|\/)\.[^/]*\.exs$/.test(path)) return "config";
  if (/(^|\/)mix\/tasks\//.test(path)) return "mix-task";
  if (path.endsWith(".exs")) return "script";
  return "lib";
}
