import type { ParseElixir } from "../../syntax/parse.ts";
import { Tree, type TreeData } from "../../syntax/tree.ts";
import { stampOf } from "../../text/hash.ts";
import type { Cache } from "../host.ts";
import { ByteReader, ByteWriter, sumOf } from "./bytes.ts";
import { LAYOUT, readTree, writeTree } from "./tree-bytes.ts";

const NAME = "trees";

/** Trees by the stamp of their source, kept between scans. Those of the last whole scan stay, so the pack is as large as the workspace. */
export class TreePack {
  readonly #build: string;
  readonly #packed: ReadonlyMap<string, Packed>;
  readonly #used = new Map<string, Packed | TreeData>();
  #hasNew = false;
  #isDamaged = false;

  private constructor(build: string, packed: ReadonlyMap<string, Packed>) {
    this.#build = build;
    this.#packed = packed;
  }

  /** The pack of a cache, empty when there is none of this build; damaged bytes are told by where they lie now. */
  static async open(cache: Cache): Promise<{ readonly pack: TreePack; readonly damaged?: string }> {
    const bytes = await cache.read(NAME);
    const read = bytes === undefined ? new Map<string, Packed>() : unpacked(bytes, cache.build);
    return read === undefined ? { pack: new TreePack(cache.build, new Map()), damaged: await cache.setAside(NAME) } : { pack: new TreePack(cache.build, read) };
  }

  /** The tree with a stamp, if it is there and whole. */
  treeOf(stamp: string): TreeData | undefined {
    const packed = this.#packed.get(stamp);
    if (packed === undefined) return undefined;
    if (sumOf(packed.bytes) === packed.sum) return readTree(new ByteReader(packed.bytes));
    this.#isDamaged = true;
    return undefined;
  }
  /** Moves the pack out of the way when one of its trees was found damaged; answers where it lies then. */
  async setDamagedAside(cache: Cache): Promise<string | undefined> {
    return this.#isDamaged ? cache.setAside(NAME) : undefined;
  }

  /** Parses only what is not in the pack. */
  parsing(parse: ParseElixir): ParseElixir {
    return (path, source) => {
      const stamp = stampOf(source);
      const data = this.treeOf(stamp);
      const tree = data === undefined ? parse(path, source) : new Tree(path, source, data);
      this.#used.set(stamp, data === undefined ? tree.data : (this.#packed.get(stamp) as Packed));
      this.#hasNew ||= data === undefined;
      return tree;
    };
  }

  /** Tells that a tree is to be kept: one from elsewhere, or one that lies in the pack. */
  add({ stamp, data }: Tree): void {
    this.#used.set(stamp, data);
    this.#hasNew = true;
  }
  use(stamp: string): void {
    const packed = this.#packed.get(stamp);
    if (packed !== undefined) this.#used.set(stamp, packed);
  }

  /** Keeps what was asked for since it was opened, if that is not what lies there already. */
  async save(cache: Cache): Promise<void> {
    if (!this.#hasNew && this.#used.size === this.#packed.size) return;
    const index = new ByteWriter();
    const trees = new ByteWriter();
    for (const [stamp, data] of this.#used) {
      const entry = "sum" in data ? data : packedOf(data);
      index.text(stamp);
      index.number(entry.bytes.length);
      index.number(entry.sum);
      trees.raw(entry.bytes);
    }
    await cache.write(NAME, sealed(index.bytes, trees.bytes, this.#build));
  }
}

/** One tree as bytes, with the sum that they had. */
type Packed = { readonly bytes: Uint8Array; readonly sum: number };

function packedOf(data: TreeData): Packed {
  const entry = new ByteWriter();
  writeTree(entry, data);
  return { bytes: entry.bytes, sum: sumOf(entry.bytes) };
}

/** Head (layout and build), sum and length of the index, index, trees: each tree is checked when it is read. */
function sealed(index: Uint8Array, trees: Uint8Array, build: string): Uint8Array {
  const out = new ByteWriter();
  out.text(`otp-audit trees ${LAYOUT} ${build}`);
  out.number(sumOf(index));
  out.number(index.length);
  out.raw(index);
  out.raw(trees);
  return out.bytes;
}

/** Undefined when the bytes are damaged; empty when another build wrote them. */
function unpacked(bytes: Uint8Array, build: string): ReadonlyMap<string, Packed> | undefined {
  const found = new Map<string, Packed>();
  try {
    const input = new ByteReader(bytes);
    const head = input.text();
    if (!head.startsWith("otp-audit trees ")) return undefined;
    if (head !== `otp-audit trees ${LAYOUT} ${build}`) return found;
    const sum = input.number();
    const indexBytes = input.raw(input.number());
    if (sumOf(indexBytes) !== sum) return undefined;
    const index = new ByteReader(indexBytes);
    while (!index.isAtEnd) {
      const stamp = index.text();
      const entry = { bytes: input.raw(index.number()), sum: index.number() };
      found.set(stamp, entry);
    }
    return input.isAtEnd ? found : undefined;
  } catch {
    return undefined;
  }
}
