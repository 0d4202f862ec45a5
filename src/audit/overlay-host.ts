import type { Host } from "./host.ts";

/** A host that reads some files from elsewhere: unsaved text of an editor, or what is staged in git. */
export const overlayHost = (host: Host, textOf: (path: string) => Uint8Array | undefined): Host => ({ ...host, read: async (path) => textOf(path) ?? host.read(path) });
