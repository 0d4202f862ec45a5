/** What the program's end says: nothing to report, findings, a wrong call or configuration, a refused split, a bug of ours. */
export const exitCode = { clean: 0, findings: 1, usage: 2, refused: 3, bug: 128 } as const;
