import type { Host } from "../../audit/host.ts";
import type { Request, Response, WorkerThread } from "../../audit/protocol.ts";
import { hashOf } from "../../text/hash.ts";
import { answering } from "./answering.ts";
import type { FromThread, ToThread } from "./messages.ts";

/**
 * Starts the bundled web worker on `host`, whose files it asks for. `script` brings the worker's bytes: the extension may lie on
 * another machine, where no address that a browser could load leads to it. `note` is told what is worth a line in the log.
 */
export function startWorker(script: () => Promise<Uint8Array>, host: Host, note: (sentence: string) => void): WorkerThread {
  const listeners: ((message: Response) => void)[] = [];
  const exits: ((reason: string) => void)[] = [];
  const answer = answering(host);
  let isEnded = false;
  const end = (reason: string): void => {
    if (isEnded) return;
    isEnded = true;
    for (const exit of exits) exit(reason);
  };
  const starting = script().then((bytes) => {
    const address = URL.createObjectURL(new Blob([bytes.slice()], { type: "text/javascript" }));
    const worker = new Worker(address, { name: "OTP Audit" });
    const post = (message: ToThread): void => worker.postMessage(message);
    worker.onmessage = async ({ data }: MessageEvent<FromThread>) => {
      URL.revokeObjectURL(address); // it has started, so it has been loaded
      if ("question" in data) post({ answer: await answer(data.question) });
      else if ("note" in data) note(data.note);
      else for (const listener of listeners) listener(data.audit);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      end(event.message);
    };
    post({ open: { root: host.root, build: hashOf(new TextDecoder().decode(bytes)) } });
    return worker;
  });
  starting.catch((error: unknown) => end(error instanceof Error ? error.message : String(error)));
  const whenStarted = (run: (worker: Worker) => void): void => void starting.then(run, () => undefined);
  return {
    post: (request: Request) => whenStarted((worker) => worker.postMessage({ audit: request } satisfies ToThread)),
    onMessage: (listener) => void listeners.push(listener),
    onExit: (listener) => void exits.push(listener),
    terminate: () => {
      whenStarted((worker) => worker.terminate());
      end("it was stopped");
    },
  };
}
