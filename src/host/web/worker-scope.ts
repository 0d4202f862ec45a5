import type { Host } from "../../audit/host.ts";
import type { Port, Request, Response } from "../../audit/protocol.ts";
import { askingHost } from "./asking-host.ts";
import type { FromThread, HostAnswer, ToThread } from "./messages.ts";

/** Runs inside a web worker: tells of the host and the port to serve as soon as the other side has named the root. */
export function whenOpened(serve: (host: Host, port: Port<Response, Request>) => void): void {
  const post = (message: FromThread): void => postMessage(message);
  const listeners: ((request: Request) => void)[] = [];
  let take: ((answer: HostAnswer) => void) | undefined;
  addEventListener("message", ({ data }: MessageEvent<ToThread>) => {
    if ("answer" in data) take?.(data.answer);
    else if ("audit" in data) for (const listener of listeners) listener(data.audit);
    else {
      const asking = askingHost(data.open, (question) => post({ question }));
      take = asking.take;
      serve(asking.host, { post: (response) => post({ audit: response }), onMessage: (listener) => void listeners.push(listener) });
    }
  });
}
