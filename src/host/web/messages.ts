import type { FileEntry } from "../../audit/host.ts";
import type { Request, Response } from "../../audit/protocol.ts";

/** What a host lists: a file, or why something could not be listed. */
export type Listed = FileEntry | { readonly path: string; readonly unreadable: string };

/**
 * What the audit's thread asks of the side that can reach files. `list` begins a walk and drops the one before, `more` goes on
 * with it; both are answered with a part of the listing, until a part says that it is the last.
 */
export type HostQuestion =
  | { readonly id: number; readonly ask: "list"; readonly skipped: readonly string[] }
  | { readonly id: number; readonly ask: "more" }
  | { readonly id: number; readonly ask: "read"; readonly path: string }
  | { readonly id: number; readonly ask: "grammar" };

export type HostAnswer =
  | { readonly id: number; readonly kind: "listed"; readonly entries: readonly Listed[]; readonly isLast: boolean }
  | { readonly id: number; readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: "grammar"; readonly core: Uint8Array; readonly elixir: Uint8Array }
  | { readonly id: number; readonly kind: "failed"; readonly message: string };

/** The name of the root, and what differs between builds of the program. */
export type Opening = { readonly root: string; readonly build: string };

/** All that crosses to the thread. `open` comes first and once. */
export type ToThread = { readonly open: Opening } | { readonly audit: Request } | { readonly answer: HostAnswer };

/** All that comes back from it. A note is a sentence for the log. */
export type FromThread = { readonly audit: Response } | { readonly question: HostQuestion } | { readonly note: string };
