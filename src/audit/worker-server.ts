import { type ScanRequest, ScanStopped } from "./scan-request.ts";
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
      case "grade":
        return { id, type: "reshape", reshaped: await audit.grade(request.question, request.grade) };
      case "suggest":
        return { id, type: "suggest", names: await audit.suggest(request.question, request.functions) };
      case "rehearse":
        return { id, type: "rehearse", extractions: await audit.rehearse(request.question, request.steps, request.before) };
      case "files":
        return { id, type: "extract", extraction: await audit.files(request.file) };
      case "explain":
        return { id, type: "explain", explanation: await audit.explain(request.path, request.line) };
      case "inspect":
        return { id, type: "inspect", inspection: await audit.inspect(request.written) };
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
        port.post(error instanceof ScanStopped ? { id: request.id, type: "stopped" } : { id: request.id, type: "failed", message: messageOf(error, request.type === "scan" || request.type === "update") });
      } finally {
        stops.delete(request.id);
      }
    });
  });
}

/** A failed scan is logged with its trace; a question about a split fails with a sentence for a person. */
const messageOf = (error: unknown, withTrace: boolean): string => (error instanceof Error ? ((withTrace ? error.stack : undefined) ?? error.message) : String(error));

function tellers({ id, careful }: Extract<Request, { type: "scan" }>, port: Port<Response, Request>): Omit<ScanRequest, "stop"> {
  const onProgress = (progress: Progress): void => port.post({ id, type: "progress", progress });
  return careful === true ? { onProgress, onFile: (path) => port.post({ id, type: "file", path }) } : { onProgress };
}
