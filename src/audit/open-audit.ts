import type { Audit } from "./audit.ts";
import { type Answer, answerOf } from "./cache/answer.ts";
import type { Host } from "./host.ts";
import { extracted, planned, reshaped } from "./planning.ts";
import { rescan, type ScanOptions, type Scanned, surveyed } from "./scan.ts";

/** An audit that works in this thread. `options` is asked before each scan, so that changed settings count. */
export function openAudit(host: Host, options: () => ScanOptions): Audit {
  let scanned: Scanned | undefined;
  let answer: Answer | undefined;
  let wasScanned = false;
  const current = async (): Promise<Scanned> => (scanned ??= await (answer ?? (await answerOf(host, options(), { stop: { aborted: false } }))).whole());
  return {
    scan: async (request) => {
      // The trees of two scans at once would be twice the memory; after a stop they are made when somebody asks.
      scanned = answer = undefined;
      answer = await answerOf(host, options(), request);
      wasScanned = true;
      return answer.result;
    },
    update: async (path, text) => {
      scanned = await rescan(host, options(), await current(), path, text);
      wasScanned = true;
      return scanned.result;
    },
    survey: async () => (wasScanned ? surveyed(await current()) : {}),
    plan: async (question) => planned(await current(), question),
    reshape: async (question, groups) => reshaped(await current(), question, groups),
    extract: async (question, groups) => extracted(await current(), question, groups),
    dispose: () => {
      scanned = answer = undefined;
      wasScanned = false;
    },
  };
}
