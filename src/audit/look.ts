import { type Look, lookAt, type Remembered } from "../engine/comparison.ts";
import type { ScanResult } from "../engine/finding.ts";

/** What is known of the files when two runs are compared. `text` is a file as it lies there now, scanned or not. */
export type Files = { readonly isScanned: (file: string) => boolean; readonly text: (file: string) => string | undefined };

/** Tells a place that was read again from one that was left out and one that is gone with its file or function. */
export function lookIn(result: ScanResult, { isScanned, text }: Files): Look {
  const byProblems = lookAt(result);
  return (item) => {
    if (byProblems(item) === "unread") return "unread";
    const source = text(item.file);
    if (source === undefined) return "gone";
    if (!isScanned(item.file)) return "unread";
    return stands(item, source) ? "read" : "gone";
  };
}

const words = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether the text still defines the module and the function, by their heads. */
function stands({ module, function: name }: Remembered, source: string): boolean {
  const last = module.slice(module.lastIndexOf(".") + 1);
  if (module !== "" && !new RegExp(`\\bdef(?:module|impl|protocol)\\s+(?:[\\w.]+\\.)?${words(last)}\\b`, "u").test(source)) return false;
  const label = /^(\w+) "([\s\S]*)"$/.exec(name);
  if (label !== null) return source.includes(label[2] ?? "");
  const head = /^(.+)\/\d+$/.exec(name)?.[1];
  return head === undefined || new RegExp(`\\bdef\\w*\\s+${words(head)}(?![\\w?!])`, "u").test(source) || !/^[\p{L}_]/u.test(head);
}
