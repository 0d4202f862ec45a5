import type { Host } from "./host.ts";

/** A host that reads some files from elsewhere: unsaved text of an editor, or what is staged in git. */
export const overlayHost = (host: Host, textOf: (path: string) => Uint8Array | undefined): Host => ({
  ...host,
  // The disk's word on whether a file has changed does not hold for text from elsewhere.
  list: async function* (skipped) {
    for await (const entry of host.list(skipped)) yield "size" in entry && textOf(entry.path) !== undefined ? { path: entry.path, size: entry.size } : entry;
  },
  read: async (path) => textOf(path) ?? host.read(path),
  ...(host.readNow === undefined ? {} : { readNow: (path) => textOf(path) ?? (host.readNow as NonNullable<Host["readNow"]>)(path) }),
});
