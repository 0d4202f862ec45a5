/** A file as a platform lists it. `path` is relative to the root, with `/`. */
export type FileEntry = { readonly path: string; readonly size: number };

/** What stops long work; `AbortSignal` satisfies it. */
export type Stop = { readonly aborted: boolean };

/** All that the audit asks of a platform. Implementations: `host/node`, `host/web`, and small real ones in tests. */
export type Host = {
  /** Name of the scanned folder as the user knows it (a path or a URI). */
  readonly root: string;
  /** Every file below the root, without folders in `skippedFolders`; never follows a link out of the root, never loops. */
  readonly list: (skippedFolders: ReadonlySet<string>) => AsyncIterable<FileEntry | { readonly path: string; readonly unreadable: string }>;
  /** Bytes of one file; rejects with a readable message. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Bytes of the WebAssembly files. */
  readonly grammar: () => Promise<{ readonly core: Uint8Array; readonly elixir: Uint8Array }>;
  /** Milliseconds from any start, for durations only. */
  readonly now: () => number;
};

export type Progress = { readonly done: number; readonly total: number };
