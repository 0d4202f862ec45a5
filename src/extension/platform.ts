/** Runs `mix` in a folder because a person asked for it; answers its exit code and what it printed. Absent where no process can run. */
export type MixRun = (folder: string, args: readonly string[]) => Promise<{ readonly code: number; readonly output: string }>;
