// `npm start [-- PATH]`: opens VS Code with the extension on PATH or on the sample project.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { browserPrograms, buildPackage, installPackages, installPrograms, installWorkbench, root } from "./prepare.mjs";

const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), process.argv[2] ?? path.join(root, "examples/bakery"));
if (!existsSync(folder)) {
  console.error(`There is no folder ${folder}. Give an Elixir project: npm start -- PATH`);
  process.exit(2);
}
installPackages();
console.log("Building the extension");
buildPackage();

const desktop = await desktopCode();
if (desktop === undefined) await openInBrowser();
else {
  console.log(`Opening ${folder} in VS Code`);
  spawn(desktop, ["--new-window", `--extensionDevelopmentPath=${root}`, folder], { stdio: "ignore", detached: true }).unref();
}

/** `code` on the path, or one that test-electron can download; undefined where there is neither, or no display. */
async function desktopCode() {
  if (spawnSync("sh", ["-c", "command -v code"]).status === 0) return "code";
  if (process.platform === "linux" && process.env.DISPLAY === undefined && process.env.WAYLAND_DISPLAY === undefined) return undefined;
  console.log("Looking for a desktop VS Code to download");
  try {
    const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
    return await Promise.race([downloadAndUnzipVSCode(), new Promise((_, no) => setTimeout(() => no(new Error("no answer in 20 s")), 20_000))]);
  } catch {
    return undefined;
  }
}

async function openInBrowser() {
  console.log("No desktop VS Code here: using the workbench in the browser");
  const { chromium: _browser, ...needed } = browserPrograms;
  installPrograms(needed);
  installWorkbench();
  const { installVsix, startServer, workbenchUrl } = await import("./vscode-host.mjs");
  const extensionsDir = mkdtempSync(path.join(tmpdir(), "otp-audit-extensions-"));
  installVsix(path.join(root, "otp-audit.vsix"), extensionsDir);
  const server = await startServer({ extensionsDir });
  console.log(`\nOpen ${workbenchUrl({ port: server.port, folder })}\nThe view OTP Audit is on the left. Press Ctrl+C to stop.`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop().then(() => process.exit(0)));
  await new Promise(() => {});
}
