import { inspected } from "../decompose/transform/inspection.ts";
import type { Audit } from "./audit.ts";
import { type Answer, answerOf } from "./cache/answer.ts";
import { lineExplanation } from "./explain.ts";
import type { Host } from "./host.ts";
import { extracted, filesSplit, graded, planned, rehearsed, reshaped, suggested } from "./planning.ts";
import { parserOf, rescan, type ScanOptions, type Scanned, surveyed } from "./scan.ts";

/** An audit that works in this thread. `options` is asked before each scan, so that changed settings count. */
export function openAudit(host: Host, options: () => ScanOptions): Audit {
  let scanned: Scanned | undefined;
  let answer: Answer | undefined;
  let wasScanned = false;
  const current = async (): Promise<Scanned> => (scanned ??= await (answer ?? (await answerOf(host, options(), { stop: { aborted: false } }))).whole());
  return {
    scan: async (request) => {
      // The trees of two scans at once would be twice the memory: those of before go, one by one where there is no cache. After a stop they are made when somebody asks.
      const earlier = host.cache === undefined ? new Map((scanned ?? answer?.scanned)?.trees) : undefined;
      scanned = answer = undefined;
      answer = await answerOf(host, options(), request, earlier);
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
    grade: async (question, grade) => graded(await current(), question, grade),
    suggest: async (question, functions) => suggested(await current(), question, functions),
    rehearse: async (question, steps, before) => rehearsed(await current(), await parserOf(host), question, steps, before),
    files: async (file) => filesSplit(await current(), file),
    inspect: async (written) => inspected((await current()).trees, written),
    explain: async (path, line) => lineExplanation(await current(), options(), path, line),
    dispose: () => {
      scanned = answer = undefined;
      wasScanned = false;
    },
  };
}
