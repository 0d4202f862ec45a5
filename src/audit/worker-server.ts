import { type ScanRequest, ScanStopped } from "./audit.ts";
import type { Host, Progress } from "./host.ts";
import { openAudit } from "./open-audit.ts";
import type { Port, Request, Response } from "./protocol.ts";
import type { ScanOptions } from "./scan.ts";

/** Serves one audit to the other side of a port. Requests run one after another; `stop` reaches the one it names at once. */
export function serveAudit(host: Host, port: Port<Response, Request>): void {
  let options: ScanOptions = { version: "" };
  const audit = openAudit(host, () => options);
  const stops = new Map<number, { aborted: boolean }>();
  let queue: Promise<void> = Promise.resolve();
  port.onMessage((request) => {
    if (request.type === "stop") {
      const stop = stops.get(request.id);
      if (stop !== undefined) stop.aborted = true;
      return;
    }
    const stop = { aborted: false };
    stops.set(request.id, stop);
    queue = queue.then(async () => {
      try {
        if (request.type === "survey") return port.post({ id: request.id, type: "survey", survey: await audit.survey() });
        options = request.options;
        const result = request.type === "scan" ? await audit.scan({ stop, ...tellers(request, port) }) : await audit.update(request.path, request.text);
        port.post({ id: request.id, type: "result", result });
      } catch (error) {
        port.post(error instanceof ScanStopped ? { id: request.id, type: "stopped" } : { id: request.id, type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      } finally {
        stops.delete(request.id);
      }
    });
  });
}

function tellers({ id, careful }: Extract<Request, { type: "scan" }>, port: Port<Response, Request>): Omit<ScanRequest, "stop"> {
  const onProgress = (progress: Progress): void => port.post({ id, type: "progress", progress });
  return careful === true ? { onProgress, onFile: (path) => port.post({ id, type: "file", path }) } : { onProgress };
}
