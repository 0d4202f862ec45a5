import { parentPort, workerData } from "node:worker_threads";
import type { Request, Response } from "../audit/protocol.ts";
import { serveAudit } from "../audit/worker-server.ts";
import { cacheFolder } from "../host/node/cache-folder.ts";
import { nodeHost } from "../host/node/node-host.ts";

const { root, assets, cache } = workerData as { readonly root: string; readonly assets: string; readonly cache?: string };
const port = parentPort;
if (port === null) throw new Error("This file runs in a worker thread.");

serveAudit(nodeHost(root, assets, cache === undefined ? undefined : cacheFolder(cache, root, [__filename])), { post: (message: Response) => port.postMessage(message), onMessage: (listener) => void port.on("message", (message: Request) => listener(message)) });
