import type { ParseElixir } from "../../syntax/parse.ts";
import { Tree, type TreeData } from "../../syntax/tree.ts";
import { hashOf } from "../../text/hash.ts";
import type { Cache } from "../host.ts";
import { ByteReader, ByteWriter, sumOf } from "./bytes.ts";
import { LAYOUT, readTree, writeTree } from "./tree-bytes.ts";

const NAME = "trees";

/** Trees by the hash of their source, kept between scans. Those of the last scan stay, so the pack is as large as the workspace. */
export class TreePack {
  readonly #build: string;
  readonly #packed: ReadonlyMap<string, Uint8Array>;
  readonly #used = new Map<string, Uint8Array | TreeData>();
  #hasNew = false;

  private constructor(build: string, packed: ReadonlyMap<string, Uint8Array>) {
    this.#build = build;
    this.#packed = packed;
  }

  /** The pack of a cache, empty when there is none of this build; damaged bytes are told by where they lie now. */
  static async open(cache: Cache): Promise<{ readonly pack: TreePack; readonly damaged?: string }> {
    const bytes = await cache.read(NAME);
    const read = bytes === undefined ? new Map<string, Uint8Array>() : unpacked(bytes, cache.build);
    return read === undefined ? { pack: new TreePack(cache.build, new Map()), damaged: await cache.setAside(NAME) } : { pack: new TreePack(cache.build, read) };
  }

  /** Parses only what is not in the pack. */
  parsing(parse: ParseElixir): ParseElixir {
    return (path, source) => {
      const key = keyOf(source);
      const packed = this.#packed.get(key);
      if (packed !== undefined) {
        this.#used.set(key, packed);
        return new Tree(path, source, readTree(new ByteReader(packed)));
      }
      const tree = parse(path, source);
      this.#used.set(key, tree.data);
      this.#hasNew = true;
      return tree;
    };
  }

  /** Keeps what was asked for since it was opened, if that is not what lies there already. */
  async save(cache: Cache): Promise<void> {
    if (!this.#hasNew && this.#used.size === this.#packed.size) return;
    const out = new ByteWriter();
    for (const [key, data] of this.#used) {
      const entry = new ByteWriter();
      if (data instanceof Uint8Array) entry.raw(data);
      else writeTree(entry, data);
      out.text(key);
      out.number(entry.length);
      out.raw(entry.bytes);
    }
    await cache.write(NAME, sealed(out.bytes, this.#build));
  }
}

const keyOf = (source: string): string => `${source.length}-${hashOf(source)}`;

/** Head (layout and build), sum of the body, body. */
function sealed(body: Uint8Array, build: string): Uint8Array {
  const out = new ByteWriter();
  out.text(`otp-audit trees ${LAYOUT} ${build}`);
  out.number(sumOf(body));
  out.raw(body);
  return out.bytes;
}

/** Undefined when the bytes are damaged; empty when another build wrote them. */
function unpacked(bytes: Uint8Array, build: string): ReadonlyMap<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>();
  try {
    const input = new ByteReader(bytes);
    const head = input.text();
    if (!head.startsWith("otp-audit trees ")) return undefined;
    if (head !== `otp-audit trees ${LAYOUT} ${build}`) return found;
    const sum = input.number();
    if (sumOf(input.rest) !== sum) return undefined;
    while (!input.isAtEnd) found.set(input.text(), input.raw(input.number()));
    return found;
  } catch {
    return undefined;
  }
}
