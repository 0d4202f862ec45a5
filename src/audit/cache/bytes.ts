/** Writes numbers and texts one after another; small numbers take one byte. */
export class ByteWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  /** A whole number from 0 to 2^32 - 1. */
  number(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#grow(5);
    let rest = value >>> 0;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }
  /** A number of either sign. */
  signed(value: number): void {
    this.number((value << 1) ^ (value >> 31));
  }
  text(value: string): void {
    this.number(value.length);
    for (let i = 0; i < value.length; i++) this.number(value.charCodeAt(i));
  }
  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  get length(): number {
    return this.#length;
  }
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(more: number): void {
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}

/** Reads what `ByteWriter` wrote. Throws a `RangeError` at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
  raw(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError("the bytes end too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("the bytes end too early");
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }
  signed(): number {
    const value = this.number();
    return (value >>> 1) ^ -(value & 1);
  }
  text(): string {
    const length = this.number();
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.number());
    return text;
  }
}

/** A 32-bit sum of bytes that tells damage: FNV-1a over words of four bytes and what is left, with high bits carried down, which multiplying alone never does. */
export function sumOf(bytes: Uint8Array): number {
  const words = wordsOf(bytes);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) {
    sum = Math.imul(sum ^ (words[i] as number), 0x01000193);
    sum ^= sum >>> 15;
  }
  for (let i = words.length * 4; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193);
  return sum >>> 0;
}

/** All whole words of some bytes. Words are read where they lie in memory, and so have to begin at every fourth place. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}
