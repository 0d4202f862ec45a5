import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Paths of both WebAssembly files: in `folder` when it is given, else beside the running bundle, else where the installed
 * packages keep them. Throws with a way out when they are nowhere.
 */
export function grammarFiles(folder?: string): { readonly core: string; readonly elixir: string } {
  const beside = folder ?? (existsSync(join(__dirname, "tree-sitter-elixir.wasm")) ? __dirname : undefined);
  if (beside !== undefined) return { core: join(beside, "tree-sitter.wasm"), elixir: join(beside, "tree-sitter-elixir.wasm") };
  const { resolve } = createRequire(__filename);
  try {
    return { core: resolve("web-tree-sitter/tree-sitter.wasm"), elixir: resolve("tree-sitter-wasms/out/tree-sitter-elixir.wasm") };
  } catch (cause) {
    throw new Error("The Elixir grammar is not beside the program. Reinstalling OTP Audit, or `npm run build` in its sources, restores it.", { cause });
  }
}
