import type { Audit } from "./audit.ts";
import type { Host } from "./host.ts";
import { rescan, type ScanOptions, type Scanned, scanWorkspace, surveyed } from "./scan.ts";

/** An audit that works in this thread. `options` is asked before each scan, so that changed settings count. */
export function openAudit(host: Host, options: () => ScanOptions): Audit {
  let scanned: Scanned | undefined;
  return {
    scan: async (request) => {
      scanned = await scanWorkspace(host, options(), request);
      return scanned.result;
    },
    update: async (path, text) => {
      scanned = await rescan(host, options(), scanned ?? (await scanWorkspace(host, options(), { stop: { aborted: false } })), path, text);
      return scanned.result;
    },
    survey: async () => (scanned === undefined ? {} : surveyed(scanned)),
    dispose: () => {
      scanned = undefined;
    },
  };
}
