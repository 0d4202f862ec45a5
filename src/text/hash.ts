/**
 * A 53-bit hash of a text as 14 hexadecimal digits: stable across platforms and versions, fast, not for security.
 * (cyrb53, public domain, by bryc.)
 */
export function hashOf(text: string, seed = 0): string {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, "0");
}

/** Equal for equal texts, and as good as never for others. */
export const stampOf = (text: string): string => `${text.length}-${hashOf(text)}`;
