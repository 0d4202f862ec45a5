#!/usr/bin/env node
// Looks like a desktop `code` executable to @vscode/test-electron / @vscode/test-cli, runs the tests in the
// code-server VS Code instead. Give it as `vscodeExecutablePath` (or test-cli: useInstallation.fromPath).
import { runExtensionTests } from './vscode-host.mjs';
import path from 'node:path';
const opt = { dev: [] }; let folder;
for (const a of process.argv.slice(2)) {
  let m;
  if ((m = /^--extensionDevelopmentPath=(.*)/.exec(a))) opt.dev.push(path.resolve(m[1]));
  else if ((m = /^--extensionTestsPath=(.*)/.exec(a))) opt.tests = path.resolve(m[1]);
  else if (!a.startsWith('-')) folder = path.resolve(a);
}
process.exit(await runExtensionTests({ folder, extensionDevelopmentPath: opt.dev, extensionTestsPath: opt.tests }));
