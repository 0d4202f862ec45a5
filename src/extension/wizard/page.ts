import * as vscode from "vscode";

/** The page of the walk: nothing inline, nothing from outside, one script with a nonce. Until the walk is there it says what it reads. */
export function pageOf(webview: vscode.Webview, extension: vscode.Uri, file: string): string {
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const at = (name: string): vscode.Uri => webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist/webview", name));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; font-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${at("codicon.css").toString()}">
<link rel="stylesheet" href="${at("wizard.css").toString()}">
<title>Split a module</title>
</head>
<body>
<div id="wizard"><p role="status">Reading ${escaped(file)}…</p></div>
<script nonce="${nonce}" src="${at("wizard.js").toString()}"></script>
</body>
</html>
`;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
