import { Worker } from "node:worker_threads";
import type { WorkerThread } from "../../audit/protocol.ts";

/**
 * Limits of an analysis thread. The young generation is three times what survives one collection of it; with the 48 MB that V8 takes by
 * itself a scan is no faster, and the memory stays taken.
 */
export const threadLimits = { maxYoungGenerationSizeMb: 12 } as const;

/** Starts the bundled worker on `root`; `assets` holds the WebAssembly files, `cache` what scans keep. */
export function startWorker(script: string, root: string, assets: string, cache?: string): WorkerThread {
  const worker = new Worker(script, { workerData: { root, assets, cache }, resourceLimits: threadLimits });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on("message", listener),
    onExit: (listener) => {
      worker.on("error", (error) => listener(error.message));
      worker.on("exit", (code) => listener(`exit code ${code}`));
    },
    terminate: () => void worker.terminate(),
  };
}
