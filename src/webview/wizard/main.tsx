import "@vscode-elements/elements/dist/vscode-button/index.js";
import { render } from "preact";
import type { Intent } from "../../wizard/session.ts";
import type { Snapshot } from "../../wizard/view.ts";
import { Wizard } from "./wizard.tsx";

declare function acquireVsCodeApi(): { readonly postMessage: (message: unknown) => void; readonly setState: (state: unknown) => void };

const host = acquireVsCodeApi();
const send = (intent: Intent): void => host.postMessage(intent);
const root = document.getElementById("wizard");
let isFirst = true;

window.addEventListener("message", ({ data }: MessageEvent<{ readonly snapshot: Snapshot; readonly resume: unknown }>) => {
  if (root === null) return;
  if (isFirst) root.textContent = "";
  isFirst = false;
  host.setState(data.resume);
  render(<Wizard snapshot={data.snapshot} send={send} />, root);
});
// The page may be drawn anew at any time; the host then sends the whole state again.
host.postMessage({ kind: "ready" });
