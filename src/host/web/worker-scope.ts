import type { Host } from "../../audit/host.ts";
import type { Port, Request, Response } from "../../audit/protocol.ts";
import { askingHost } from "./asking-host.ts";
import { cacheDatabase } from "./cache-database.ts";
import type { FromThread, HostAnswer, ToThread } from "./messages.ts";

/**
 * Runs inside a web worker: tells of the host and the port to serve as soon as the other side has named the root. What is kept
 * between scans does not pass the other side: a worker reaches the browser's database itself.
 */
export function whenOpened(serve: (host: Host, port: Port<Response, Request>) => void): void {
  const post = (message: FromThread): void => postMessage(message);
  const listeners: ((request: Request) => void)[] = [];
  let take: ((answer: HostAnswer) => void) | undefined;
  addEventListener("message", ({ data }: MessageEvent<ToThread>) => {
    if ("answer" in data) take?.(data.answer);
    else if ("audit" in data) for (const listener of listeners) listener(data.audit);
    else {
      const { root, build } = data.open;
      const note = (sentence: string): void => post({ note: sentence });
      const asking = askingHost(root, (question) => post({ question }));
      take = asking.take;
      serve({ ...asking.host, note, cache: cacheDatabase(databases(), { root, build, tell: note }) }, { post: (response) => post({ audit: response }), onMessage: (listener) => void listeners.push(listener) });
    }
  });
}

/** Where a browser stores nothing for a page, some have no such name and some throw when it is said. */
function databases(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB;
  } catch {
    return undefined;
  }
}
