// `npm run audit -- PATH …`: builds the command line when its sources are newer, then scans.
const { execFileSync, spawnSync } = require("node:child_process");
const { existsSync, readdirSync, statSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const cli = join(root, "dist/cli.js");
const newest = (folder) => Math.max(...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs));

if (!existsSync(join(root, "node_modules/esbuild"))) execFileSync("npm", ["ci"], { cwd: root, stdio: "inherit" });
if (!existsSync(cli) || statSync(cli).mtimeMs < newest(join(root, "src"))) execFileSync(process.execPath, [join(root, "esbuild.js")], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
const { INIT_CWD } = process.env;
process.exitCode = spawnSync(process.execPath, [cli, "scan", ...(process.argv.length > 2 ? process.argv.slice(2) : ["."])], { stdio: "inherit", cwd: INIT_CWD ?? process.cwd() }).status ?? 128;
