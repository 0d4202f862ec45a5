/** A commit that changed the module's file. */
export type FileCommit = { readonly author: string; readonly files: readonly string[] };

/** Who and what changes together with a file, over its latest commits. */
export type CoChange = {
  readonly commits: number;
  readonly authors: number;
  readonly together: readonly { readonly file: string; readonly times: number }[];
};

const MOST_FILES = 5;
/** A commit over more files than this is a sweep (a formatter, a rename), which tells nothing about what belongs together. */
const SWEEP = 40;

/** Sums up the commits of `file`: the other Elixir files that most often changed in the same commit, at least twice. */
export function coChangeOf(file: string, commits: readonly FileCommit[]): CoChange {
  const times = new Map<string, number>();
  for (const { files } of commits) if (files.length <= SWEEP) for (const other of new Set(files)) if (other !== file && /\.exs?$/.test(other)) times.set(other, (times.get(other) ?? 0) + 1);
  return {
    commits: commits.length,
    authors: new Set(commits.map(({ author }) => author)).size,
    together: [...times].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_FILES).map(([other, count]) => ({ file: other, times: count })),
  };
}
