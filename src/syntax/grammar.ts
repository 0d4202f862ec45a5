import { Language, Parser } from "web-tree-sitter";

/** What the grammar needs to start: the bytes of both WebAssembly files. Nothing is looked up by path or address. */
export type GrammarBytes = { readonly core: Uint8Array; readonly elixir: Uint8Array };

/** A loaded parser with the memory its trees live in. One per thread. */
export type Grammar = { readonly parser: Parser; readonly language: Language; readonly memory: { readonly buffer: ArrayBuffer } };

declare const WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer } };

let loading: Promise<Grammar> | undefined;

/**
 * Loads web-tree-sitter 0.25.10 with the Elixir grammar, once per thread; later calls get the same parser.
 * The memory is created here, because the tree reader reads it; below 512 pages the core refuses to link.
 * Rejects when the bytes are no WebAssembly or not these two modules.
 */
export function loadGrammar(bytes: GrammarBytes): Promise<Grammar> {
  loading ??= load(bytes).catch((error: unknown) => {
    loading = undefined;
    throw new Error("The Elixir grammar could not be loaded. Reinstalling OTP Audit restores its WebAssembly files.", { cause: error });
  });
  return loading;
}

async function load(bytes: GrammarBytes): Promise<Grammar> {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 32768 });
  await Parser.init({ wasmBinary: bytes.core, wasmMemory: memory, locateFile: (file: string) => file } as never);
  const language = await Language.load(bytes.elixir);
  const parser = new Parser();
  parser.setLanguage(language);
  return { parser, language, memory };
}
