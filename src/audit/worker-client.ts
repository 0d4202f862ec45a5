import type { Problem, ScanResult } from "../engine/finding.ts";
import { type Audit, ScanStopped } from "./audit.ts";
import type { Progress, Stop } from "./host.ts";
import { type Request, type Response, type WorkerThread, workerDied } from "./protocol.ts";
import type { ScanOptions } from "./scan.ts";

type Waiting = { readonly resolve: (result: ScanResult) => void; readonly reject: (error: Error) => void; readonly onProgress: ((progress: Progress) => void) | undefined };

const STOP_CHECK_MS = 20;

/**
 * An audit whose work happens in a thread made by `start`. A thread that dies is replaced at the next request, the request
 * in hand is asked again once, and the result tells of it as a problem.
 */
export function workerAudit(start: () => WorkerThread, options: () => ScanOptions): Audit {
  let thread: WorkerThread | undefined;
  let lastId = 0;
  const waiting = new Map<number, Waiting>();

  const fail = (reason: string): void => {
    thread = undefined;
    for (const [id, { reject }] of waiting) {
      waiting.delete(id);
      reject(new WorkerDied(reason));
    }
  };
  const receive = (response: Response): void => {
    const request = waiting.get(response.id);
    if (request === undefined) return;
    if (response.type === "progress") {
      request.onProgress?.(response.progress);
      return;
    }
    waiting.delete(response.id);
    if (response.type === "result") request.resolve(response.result);
    else request.reject(response.type === "stopped" ? new ScanStopped() : new Error(response.message));
  };
  const running = (): WorkerThread => {
    if (thread !== undefined) return thread;
    const started = start();
    started.onMessage(receive);
    started.onExit((reason) => {
      if (thread === started) fail(reason);
    });
    thread = started;
    return started;
  };
  const ask = async (build: (id: number) => Request, stop: Stop, onProgress?: (progress: Progress) => void): Promise<ScanResult> => {
    const id = ++lastId;
    const answer = new Promise<ScanResult>((resolve, reject) => waiting.set(id, { resolve, reject, onProgress }));
    running().post(build(id));
    const watch = (): void => {
      if (!waiting.has(id)) return;
      if (stop.aborted) thread?.post({ id, type: "stop" });
      else setTimeout(watch, STOP_CHECK_MS);
    };
    watch();
    return answer;
  };
  const persistently = async (build: (id: number) => Request, stop: Stop, onProgress?: (progress: Progress) => void): Promise<ScanResult> => {
    try {
      return await ask(build, stop, onProgress);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      const result = await ask(build, stop, onProgress);
      const problem: Problem = workerDied(error.message);
      return { ...result, problems: [problem, ...result.problems] };
    }
  };
  return {
    scan: ({ stop, onProgress }) => persistently((id) => ({ id, type: "scan", options: options() }), stop, onProgress),
    update: (path, text) => persistently((id) => ({ id, type: "update", options: options(), path, text }), { aborted: false }),
    dispose: () => {
      const ending = thread;
      thread = undefined;
      for (const { reject } of waiting.values()) reject(new ScanStopped());
      waiting.clear();
      ending?.terminate();
    },
  };
}

class WorkerDied extends Error {}
