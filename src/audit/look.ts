import { type Look, lookAt, type Remembered } from "../engine/comparison.ts";
import type { ScanResult } from "../engine/finding.ts";

/** What is known of the files when two runs are compared. `text` is a file as it lies there now, scanned or not. */
export type Files = { readonly isScanned: (file: string) => boolean; readonly text: (file: string) => string | undefined };

/** Tells a place that was read again from one that was left out, one that is gone with its file or function, and a test that is skipped. */
export function lookIn(result: ScanResult, { isScanned, text }: Files): Look {
  const byProblems = lookAt(result);
  return (item) => {
    if (byProblems(item) === "unread") return "unread";
    const source = text(item.file);
    if (source === undefined) return "gone";
    if (!isScanned(item.file)) return "unread";
    if (!stands(item, source)) return "gone";
    return isSkipped(item, source) ? "skipped" : "read";
  };
}

const words = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether the text still defines the module and the function, by their heads. */
function stands({ module, function: name }: Remembered, source: string): boolean {
  const last = module.slice(module.lastIndexOf(".") + 1);
  if (module !== "" && !new RegExp(`\\bdef(?:module|impl|protocol)\\s+(?:[\\w.]+\\.)?${words(last)}\\b`, "u").test(source)) return false;
  const label = labelIn(name);
  if (label !== undefined) return source.includes(label);
  const head = /^(.+)\/\d+$/.exec(name)?.[1];
  return head === undefined || new RegExp(`\\bdef\\w*\\s+${words(head)}(?![\\w?!])`, "u").test(source) || !/^[\p{L}_]/u.test(head);
}

/** The words of a test: `rises` of `test "rises"`. */
const labelIn = (name: string): string | undefined => /^\w+ "([\s\S]*)"$/.exec(name)?.[1];

const SKIP = "(?::skip\\b|skip:).*";

/** Whether a test is switched off by a tag right above it, or by one for its whole module. */
function isSkipped({ function: name }: Remembered, source: string): boolean {
  const label = labelIn(name);
  if (label === undefined) return false;
  return new RegExp(`^\\s*@moduletag\\s+${SKIP}`, "mu").test(source) || new RegExp(`^[ \\t]*@tag\\s+${SKIP}\\r?\\n(?:[ \\t]*(?:[@#].*)?\\r?\\n)*[ \\t]*\\w+[ \\t(]+"${words(label)}"`, "mu").test(source);
}
