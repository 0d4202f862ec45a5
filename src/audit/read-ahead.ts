import { LARGEST_FILE } from "./files.ts";
import type { FileEntry, Host } from "./host.ts";

/** So many files are on their way at once. */
const AT_ONCE = 16;

/**
 * For a host whose reads take their time, over messages or a network: while one of `entries` is looked at, the next are already
 * asked for. Each is read once, so that a scan judges the bytes it has compared; the host is for one scan.
 */
export function readingAhead(host: Host, entries: readonly FileEntry[]): Host {
  const paths = entries.filter(({ size }) => size <= LARGEST_FILE).map(({ path }) => path);
  const places = new Map(paths.map((path, i) => [path, i]));
  const reads = new Map<string, Promise<Uint8Array>>();
  const begun = (path: string): Promise<Uint8Array> => {
    const known = reads.get(path);
    if (known !== undefined) return known;
    const read = host.read(path);
    read.catch(() => undefined); // whoever comes for it hears of it
    reads.set(path, read);
    return read;
  };
  return {
    ...host,
    read: (path) => {
      const place = places.get(path);
      if (place === undefined) return host.read(path);
      for (const next of paths.slice(place, place + AT_ONCE)) void begun(next);
      return begun(path);
    },
  };
}
