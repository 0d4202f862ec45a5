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
  const answered = async (request: Exclude<Request, { readonly type: "stop" }>, stop: { readonly aborted: boolean }): Promise<Response> => {
    const { id } = request;
    switch (request.type) {
      case "scan":
        return { id, type: "result", result: await audit.scan({ stop, ...tellers(request, port) }) };
      case "update":
        return { id, type: "result", result: await audit.update(request.path, request.text) };
      case "survey":
        return { id, type: "survey", survey: await audit.survey() };
      case "plan":
        return { id, type: "plan", planned: await audit.plan(request.question) };
      case "reshape":
        return { id, type: "reshape", reshaped: await audit.reshape(request.question, request.groups) };
      case "extract":
        return { id, type: "extract", extraction: await audit.extract(request.question, request.groups) };
    }
  };
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
        if (request.type === "scan" || request.type === "update") options = request.options;
        port.post(await answered(request, stop));
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
