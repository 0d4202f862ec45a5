import * as vscode from "vscode";
import { workerAudit } from "../audit/worker-client.ts";
import { activate as activateExtension, type Api } from "../extension/activate.ts";
import { folderHost } from "../extension/vscode/folder-host.ts";
import { startWorker } from "../host/web/worker-thread.ts";

/** VS Code in a browser: each folder is audited in a web worker of its own, which asks for files; no process can run. */
export function activate(context: vscode.ExtensionContext): Api {
  const dist = vscode.Uri.joinPath(context.extensionUri, "dist");
  const script = async (): Promise<Uint8Array> => vscode.workspace.fs.readFile(vscode.Uri.joinPath(dist, "worker.web.js"));
  return activateExtension(context, (folder, options, note) => workerAudit(() => startWorker(script, folderHost(folder.uri, dist), note), options));
}
