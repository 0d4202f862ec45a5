import { parentPort, workerData } from "node:worker_threads";
import type { Request, Response } from "../audit/protocol.ts";
import { serveAudit } from "../audit/worker-server.ts";
import { nodeHost } from "../host/node/node-host.ts";

const { root, assets } = workerData as { readonly root: string; readonly assets: string };
const port = parentPort;
if (port === null) throw new Error("This file runs in a worker thread.");

serveAudit(nodeHost(root, assets), { post: (message: Response) => port.postMessage(message), onMessage: (listener) => void port.on("message", (message: Request) => listener(message)) });
