import { join } from "node:path";
import type { Files } from "../audit/look.ts";
import { textOfFile } from "./machine.ts";

/** Files of a project as they lie there, each read once. */
export function filesOf(root: string, isScanned: Files["isScanned"]): Files & { readonly lines: (file: string) => readonly string[] | undefined } {
  const texts = new Map<string, string | undefined>();
  const text = (file: string): string | undefined => {
    if (!texts.has(file)) texts.set(file, textOfFile(join(root, file)));
    return texts.get(file);
  };
  return { isScanned, text, lines: (file) => text(file)?.split(/\r?\n/) };
}
