import type * as vscode from "vscode";
import { workerAudit } from "../audit/worker-client.ts";
import { activate as activateExtension, type Api } from "../extension/activate.ts";
import type { OpenFolder } from "../extension/session.ts";
import { runMix } from "../host/node/mix.ts";
import { startWorker } from "../host/node/worker-thread.ts";

/** VS Code on a desktop or a remote machine: each folder is audited in a thread of its own. */
export function activate(context: vscode.ExtensionContext): Api {
  const open: OpenFolder = (folder, options) => {
    // The thread reads the disk; the path of a virtual folder would name some other place there.
    if (folder.uri.scheme !== "file") throw new Error(`${folder.name} lies in a virtual file system (${folder.uri.scheme}) and was not scanned: only folders on the disk are read here. A clone on the disk, or VS Code in the browser, can scan it.`);
    return workerAudit(() => startWorker(`${__dirname}/worker.js`, folder.uri.fsPath, __dirname, `${context.globalStorageUri.fsPath}/cache`), options);
  };
  return activateExtension(context, open, runMix);
}
