import type { Tree } from "../syntax/tree.ts";
import type { Audit } from "./audit.ts";
import type { Host } from "./host.ts";
import { parserOf, resultOf, type ScanOptions, type Scanned, scanWorkspace } from "./scan.ts";

/** An audit that works in this thread. `options` is asked before each scan, so that changed settings count. */
export function openAudit(host: Host, options: () => ScanOptions): Audit {
  let scanned: Scanned | undefined;
  return {
    scan: async (request) => {
      scanned = await scanWorkspace(host, options(), request);
      return scanned.result;
    },
    update: async (path, text) => {
      const before = scanned ?? (await scanWorkspace(host, options(), { stop: { aborted: false } }));
      const trees = new Map<string, Tree>(before.trees);
      const started = host.now();
      if (text === undefined) trees.delete(path);
      else trees.set(path, (await parserOf(host))(path, text));
      const ordered = [...trees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tree]) => tree);
      const kept = before.result.problems.filter((problem) => problem.kind !== "parse-error" && problem.kind !== "rule-failed");
      const result = resultOf(host, options(), ordered, kept, before.result.files.skipped, started);
      scanned = { result, trees };
      return result;
    },
    dispose: () => {
      scanned = undefined;
    },
  };
}
