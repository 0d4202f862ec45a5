import { hashOf } from "../text/hash.ts";

const HALF = 8;
const half = (text: string): string => hashOf(text).slice(-HALF);

/**
 * Names a finding without line numbers: one half tells rule, module and function, the other rule and code (white space
 * apart). Two prints that share a half are the same place with other code, or the same code in another place.
 */
export const fingerprintOf = (rule: string, module: string, name: string, code: string): string => `${half(`${rule}\n${module}\n${name}`)}${half(`${rule}\n${code.replace(/\s+/g, " ")}`)}`;

export const isSamePlace = (one: string, other: string): boolean => one.slice(0, HALF) === other.slice(0, HALF);
export const isSameCode = (one: string, other: string): boolean => one.slice(HALF, 2 * HALF) === other.slice(HALF, 2 * HALF);

/** Equal code in one function gets a number, in order, so that no two findings share a fingerprint. */
export function numbered<T extends { readonly fingerprint: string }>(findings: readonly T[]): T[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const times = seen.get(finding.fingerprint) ?? 0;
    seen.set(finding.fingerprint, times + 1);
    return times === 0 ? finding : { ...finding, fingerprint: `${finding.fingerprint}-${times + 1}` };
  });
}
