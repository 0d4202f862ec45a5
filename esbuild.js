// Builds every bundle: `node esbuild.js [--production] [--watch]`. One entry in src/main for each file in dist.
const { context } = require("esbuild");
const { createHash } = require("node:crypto");
const { copyFileSync, mkdirSync, readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");
const dist = join(__dirname, "dist");

const shared = { bundle: true, sourcemap: !production, minify: production, logLevel: "warning", legalComments: "none", define: { "process.env.NODE_ENV": JSON.stringify(production ? "production" : "development") } };
const node = {
  ...shared,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  // Its ES module build reads import.meta.url, which a CommonJS bundle does not have.
  alias: { "web-tree-sitter": join(__dirname, "node_modules/web-tree-sitter/tree-sitter.cjs") },
};

/** Stands in the worker's bundle: what is kept between scans is that of one bundle, and must not outlive its grammar. */
const grammar = createHash("sha256");
const grammarFiles = ["web-tree-sitter/tree-sitter.wasm", "tree-sitter-wasms/out/tree-sitter-elixir.wasm"];
for (const file of grammarFiles) grammar.update(readFileSync(require.resolve(file)));

/** The parser's package looks for Node before it asks Node for anything; the browser gets nothing. Any other Node import ends the build. */
const parserWithoutNode = {
  name: "parser-without-node",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(fs|path|fs\/promises)$/ }, ({ path, importer }) => (/node_modules\/web-tree-sitter\//.test(importer.replaceAll("\\", "/")) ? { path, namespace: "nothing" } : undefined));
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {};" }));
  },
};
const web = { ...shared, platform: "browser", target: "es2022", external: ["vscode"], alias: node.alias, plugins: [parserWithoutNode] };

const bundles = [
  { ...node, entryPoints: ["src/main/cli.ts"], outfile: "dist/cli.js", banner: { js: "#!/usr/bin/env node" } },
  { ...node, entryPoints: ["src/main/program.ts"], outfile: "dist/program.js" },
  { ...node, entryPoints: ["src/main/analysis.ts"], outfile: "dist/analysis.js" },
  { ...node, entryPoints: ["src/main/worker.node.ts"], outfile: "dist/worker.js" },
  { ...node, entryPoints: ["src/main/desktop.ts"], outfile: "dist/extension.js" },
  { ...web, format: "cjs", entryPoints: ["src/main/web.ts"], outfile: "dist/web.js" },
  { ...web, format: "iife", entryPoints: ["src/main/worker.web.ts"], outfile: "dist/worker.web.js", banner: { js: `// Grammar ${grammar.digest("hex")}` } },
  { ...shared, platform: "browser", target: "es2022", format: "iife", jsx: "automatic", jsxImportSource: "preact", entryPoints: { wizard: "src/webview/wizard/main.tsx" }, outdir: "dist/webview" },
  { ...shared, entryPoints: { wizard: "src/webview/wizard/wizard.css" }, outdir: "dist/webview" },
];

const assets = [
  [grammarFiles[0], "tree-sitter.wasm"],
  [grammarFiles[1], "tree-sitter-elixir.wasm"],
  ["@vscode/codicons/dist/codicon.css", "webview/codicon.css"],
  ["@vscode/codicons/dist/codicon.ttf", "webview/codicon.ttf"],
];

async function main() {
  mkdirSync(join(dist, "webview"), { recursive: true });
  for (const [from, to] of assets) copyFileSync(require.resolve(from), join(dist, to));
  for (const options of bundles) {
    const build = await context(options);
    if (watch) await build.watch();
    else {
      await build.rebuild();
      await build.dispose();
      if (options.outfile !== undefined) console.log(`${options.outfile}  ${Math.round(statSync(join(__dirname, options.outfile)).size / 1024)} KB`);
    }
  }
  if (watch) console.log("Watching for changes.");
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
