import type { ScanResult } from "../engine/finding.ts";

/** The scan result as it is, indented; keys in the order of the contract. */
export const jsonReport = (result: ScanResult): string => `${JSON.stringify(result, undefined, 2)}\n`;
