import type * as vscode from "vscode";
import { workerAudit } from "../audit/worker-client.ts";
import { activate as activateExtension, type Api } from "../extension/activate.ts";
import { runMix } from "../host/node/mix.ts";
import { startWorker } from "../host/node/worker-thread.ts";

/** VS Code on a desktop or a remote machine: each folder is audited in a thread of its own. */
export function activate(context: vscode.ExtensionContext): Api {
  return activateExtension(context, (folder, options) => workerAudit(() => startWorker(`${__dirname}/worker.js`, folder.uri.fsPath, __dirname), options), runMix);
}
