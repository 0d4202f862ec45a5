import "@vscode-elements/elements/dist/vscode-button/index.js";
import { render } from "preact";
import type { Intent } from "../../wizard/session.ts";
import type { Drawing } from "../../wizard/messages.ts";
import type { Snapshot } from "../../wizard/view.ts";
import { Wizard } from "./wizard.tsx";

declare function acquireVsCodeApi(): { readonly postMessage: (message: unknown) => void; readonly setState: (state: unknown) => void };

const host = acquireVsCodeApi();
const send = (intent: Intent): void => host.postMessage(intent);
const root = document.getElementById("wizard");
let map: Snapshot["map"] | undefined;

window.addEventListener("message", ({ data }: MessageEvent<Drawing>) => {
  const graph = data.map ?? map;
  // What comes before any graph was meant for the page before this one; the answer to "ready" brings it.
  if (root === null || graph === undefined) return;
  if (map === undefined) root.textContent = "";
  map = graph;
  host.setState(data.resume);
  render(<Wizard snapshot={{ ...data.snapshot, map }} send={send} />, root);
});
// The page may be drawn anew at any time; the host then sends the whole state again.
host.postMessage({ kind: "ready" });
