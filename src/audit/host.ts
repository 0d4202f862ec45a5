/** A file as a platform lists it. `path` is relative to the root, with `/`. */
export type FileEntry = {
  readonly path: string;
  readonly size: number;
  /** Changes whenever the file's bytes may have changed; absent when the platform cannot promise that. */
  readonly version?: string;
};

/** A small place that outlives the process, for work that need not be done twice. Nothing may depend on what it holds. */
export type Cache = {
  /** Differs between builds of the program: what another build kept is not used. */
  readonly build: string;
  /** What was kept under a name; undefined when there is nothing, or it cannot be read. */
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
  /** Keeps bytes under a name, whole or not at all, also when others do the same at that moment. Never rejects. */
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Moves what cannot be used out of the way; answers where it lies now. */
  readonly setAside: (name: string) => Promise<string>;
  /** Does work on what is to be kept once the scan has answered. Absent where the process may end then: there it is done before. */
  readonly later?: (work: () => Promise<void>) => void;
};

/** What stops long work; `AbortSignal` satisfies it. */
export type Stop = { readonly aborted: boolean };

/** All that the audit asks of a platform. Implementations: `host/node`, `host/web`, and small real ones in tests. */
export type Host = {
  /** Name of the scanned folder as the user knows it (a path or a URI). */
  readonly root: string;
  /** Every file below the root that an audit reads (`isListed`), without folders in `skippedFolders`; others may be among them. Never follows a link out of the root, never loops. */
  readonly list: (skippedFolders: ReadonlySet<string>) => AsyncIterable<FileEntry | { readonly path: string; readonly unreadable: string }>;
  /** Bytes of one file; rejects with a readable message. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** The same at once, where the platform can. */
  readonly readNow?: (path: string) => Uint8Array;
  /** Told before the parser is loaded for a few texts only: where compiling it well costs more than it saves, it need not be. */
  readonly parsesLittle?: () => void;
  /** Bytes of the WebAssembly files. */
  readonly grammar: () => Promise<{ readonly core: Uint8Array; readonly elixir: Uint8Array }>;
  /** Absent where nothing can be kept, or nothing should be. */
  readonly cache?: Cache;
  /** Writes a sentence into the log, where there is one. */
  readonly note?: (sentence: string) => void;
  /** Milliseconds from any start, for durations only. */
  readonly now: () => number;
};

export type Progress = { readonly done: number; readonly total: number };
