// What every platform of ours has (Node, browsers, workers), and `lib: es2023` does not know.
declare global {
  class TextDecoder {
    constructor(label?: string, options?: { readonly fatal?: boolean });
    decode(bytes: Uint8Array): string;
  }
  class TextEncoder {
    encode(text: string): Uint8Array;
  }
  function setTimeout(run: () => void, ms: number): unknown;
}
export {};
