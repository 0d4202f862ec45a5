import type { Language, Tree } from "web-tree-sitter";
import type { Grammar } from "./grammar.ts";

/**
 * The tree of tree-sitter as one array, in preorder, five numbers for a node:
 * `type | field << 16 | flags << 24`, start, end, index after its subtree, parent index.
 * Offsets are UTF-16 units. Punctuation and keywords without a field are left out: they are half of all nodes, and lowering
 * asks for none of them. The array is reused by the next read: what must stay has to be copied out.
 */
export type RawTree = Uint32Array;
export const RAW = 5;
export const rawFlag = { named: 1, extra: 2, missing: 4, error: 8 } as const;
const ERROR_TYPE = 0xffff;

export type RawReader = (tree: Tree) => RawTree;

/** Reads through the public cursor only: slower (about one parse), but independent of the memory layout. */
export function cursorReader(): RawReader {
  let out = new Uint32Array(1 << 18);
  return (tree) => {
    const cursor = tree.walk();
    const parents: number[] = [];
    let count = 0;
    for (;;) {
      if ((count + 1) * RAW > out.length) out = grown(out);
      const at = count * RAW;
      const type = cursor.nodeTypeId;
      const flags = (cursor.nodeIsNamed ? rawFlag.named : 0) | (cursor.nodeIsMissing ? rawFlag.missing : 0) | (type === ERROR_TYPE ? rawFlag.error : 0);
      const field = cursor.currentFieldId;
      out[at] = type | (field << 16) | (flags << 24);
      out[at + 1] = cursor.startIndex;
      out[at + 2] = cursor.endIndex;
      out[at + 4] = parents.at(-1) ?? 0xffffffff;
      const self = count++;
      if (cursor.gotoFirstChild()) {
        parents.push(self);
        continue;
      }
      if (flags === 0 && field === 0) count--; // plain punctuation: the next node takes its place
      else out[at + 3] = count;
      for (;;) {
        if (cursor.gotoNextSibling()) break;
        if (!cursor.gotoParent()) {
          cursor.delete();
          return out.subarray(0, count * RAW);
        }
        out[(parents.pop() ?? 0) * RAW + 3] = count;
      }
    }
  };
}

/**
 * Reads the subtree records of tree-sitter straight out of WebAssembly memory: about a tenth of a parse.
 * It rests on the record layout of web-tree-sitter 0.25.10, so it is used only after `agrees` has compared it with the cursor.
 * Layout: `lib/src/subtree.h` and `lib/src/parser.h` of tree-sitter (32-bit pointers).
 */
export function memoryReader(grammar: Grammar): RawReader {
  let u8 = new Uint8Array(0);
  let u16 = new Uint16Array(0);
  let u32 = new Uint32Array(0);
  const refresh = (): void => {
    if (u32.length > 0 && u32.buffer === grammar.memory.buffer) return;
    u8 = new Uint8Array(grammar.memory.buffer);
    u16 = new Uint16Array(grammar.memory.buffer);
    u32 = new Uint32Array(grammar.memory.buffer);
  };
  refresh();
  const { publicType, isNamed, aliasTypes, aliasWidth, fields } = languageTables((grammar.language as unknown as Addressed)[0], u8, u16, u32);
  let out = new Uint32Array(1 << 18);
  // One frame a level: children, count, next child, next structural child, offset, output parent, production, field | patch << 16.
  const stack = new Int32Array(1 << 16);

  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the one loop over parser memory; calls in it cost a third of the read
  return (tree) => {
    refresh();
    const root = u32[(tree as unknown as Addressed)[0] >> 2] as number;
    if (root & 1) throw new Error("the root of a tree is never stored inline");
    const header = root >> 2;
    const rootType = u16[(root >> 1) + 20] as number;
    const size = u32[header + 4] as number;
    let offset = u32[header + 1] as number;
    out[0] = rootType === ERROR_TYPE ? ERROR_TYPE | ((rawFlag.named | rawFlag.error) << 24) : (publicType[rootType] as number) | (rawFlag.named << 24);
    out[1] = offset >> 1;
    out[2] = (offset + size) >> 1;
    out[4] = 0xffffffff;
    let written = 1;
    let length = u32[header + 9] as number;
    if (length === 0) {
      out[3] = 1;
      return out.subarray(0, RAW);
    }
    let children = header - 2 * length;
    let index = 0;
    let structural = 0;
    let owner = 0;
    let production = u16[(root >> 1) + 33] as number;
    let inherited = 0;
    let patch = 1;
    let depth = 0;
    for (;;) {
      if (index === length) {
        if (patch) out[owner * RAW + 3] = written;
        if (depth === 0) break;
        depth -= 8;
        children = stack[depth] as number;
        length = stack[depth + 1] as number;
        index = stack[depth + 2] as number;
        structural = stack[depth + 3] as number;
        offset = stack[depth + 4] as number;
        owner = stack[depth + 5] as number;
        production = stack[depth + 6] as number;
        const packed = stack[depth + 7] as number;
        inherited = packed & 0xffff;
        patch = packed >> 16;
        continue;
      }
      const child = u32[children + 2 * index] as number;
      let padding: number;
      let extra: number;
      let visible: number;
      let named: number;
      let missing: number;
      let type: number;
      let bytes: number;
      let count = 0;
      if (child & 1) {
        const data = u32[children + 2 * index + 1] as number;
        type = (child >> 8) & 255;
        visible = child & 2;
        named = child & 4;
        extra = child & 8;
        missing = child & 32;
        padding = (data >> 16) & 255;
        bytes = data >>> 24;
      } else {
        const record = child >> 2;
        padding = u32[record + 1] as number;
        bytes = u32[record + 4] as number;
        count = u32[record + 9] as number;
        type = (u32[record + 10] as number) & 0xffff;
        const bits = u16[(child >> 1) + 22] as number;
        visible = bits & 1;
        named = bits & 2;
        extra = bits & 4;
        missing = bits & 512;
      }
      const start = index > 0 ? offset + padding : offset;
      index++;
      offset = start + bytes;
      let alias = 0;
      let field = 0;
      if (!extra) {
        if (production !== 0 && structural < aliasWidth) alias = aliasTypes[production * aliasWidth + structural] as number;
        field = (structural < 64 ? (fields[production * 64 + structural] as number) : 0) || inherited;
        structural++;
      }
      const shown = alias !== 0 || visible !== 0;
      if (count === 0 && !(field | missing | (alias === 0 ? named : (isNamed[alias] as number))) && type !== ERROR_TYPE) continue; // plain punctuation, or nothing to see
      const self = written;
      if (shown) {
        const symbol = alias || type;
        if ((written + 1) * RAW > out.length) out = grown(out);
        const at = written * RAW;
        const flags = ((alias !== 0 ? isNamed[alias] : named) ? rawFlag.named : 0) | (extra ? rawFlag.extra : 0) | (missing ? rawFlag.missing : 0);
        out[at] = (symbol === ERROR_TYPE ? ERROR_TYPE | (rawFlag.error << 24) : (publicType[symbol] as number)) | (field << 16) | (flags << 24);
        out[at + 1] = start >> 1;
        out[at + 2] = offset >> 1;
        out[at + 4] = owner;
        written++;
        if (count === 0) {
          out[at + 3] = written;
          continue;
        }
      } else if (count === 0) continue;
      stack[depth] = children;
      stack[depth + 1] = length;
      stack[depth + 2] = index;
      stack[depth + 3] = structural;
      stack[depth + 4] = offset;
      stack[depth + 5] = owner;
      stack[depth + 6] = production;
      stack[depth + 7] = inherited | (patch << 16);
      depth += 8;
      if (depth + 8 > stack.length) throw new RangeError("the tree is nested too deeply for the memory reader");
      const record = child >> 2;
      children = record - 2 * count;
      length = count;
      index = 0;
      structural = 0;
      offset = start;
      production = u16[(child >> 1) + 33] as number;
      if (shown) {
        owner = self;
        inherited = 0;
        patch = 1;
      } else {
        inherited = field;
        patch = 0;
      }
    }
    return out.subarray(0, written * RAW);
  };
}

/** Whether both readers see the same tree; `extra` is not told by the cursor and is left out. */
export function agrees(tree: Tree, one: RawReader, other: RawReader): boolean {
  const mine = one(tree);
  const theirs = other(tree);
  const ignoreExtra = ~(rawFlag.extra << 24);
  return mine.length === theirs.length && mine.every((value, i) => (i % RAW === 0 ? (value & ignoreExtra) === ((theirs[i] as number) & ignoreExtra) : value === theirs[i]));
}

type Addressed = { readonly 0: number };

type LanguageTables = {
  readonly publicType: Uint16Array;
  readonly isNamed: Uint8Array;
  readonly aliasTypes: Uint16Array;
  readonly aliasWidth: number;
  readonly fields: Uint8Array;
};

/** Copies what the reader needs of `TSLanguage`: public symbol ids, names, aliases and direct fields of productions. */
function languageTables(address: number, u8: Uint8Array, u16: Uint16Array, u32: Uint32Array): LanguageTables {
  const word = address >> 2;
  const at = (index: number): number => u32[word + index] as number;
  const symbols = at(1);
  const types = symbols + at(2);
  const productions = at(7);
  const aliasWidth = u16[(address + 36) >> 1] as number;
  const publicType = new Uint16Array(types);
  const isNamed = new Uint8Array(types);
  for (let i = 0; i < types; i++) {
    publicType[i] = i < symbols ? (u16[(at(19) >> 1) + i] as number) : i;
    isNamed[i] = u8[at(18) + i * 3 + 1] as number;
  }
  const aliasTypes = new Uint16Array(productions * Math.max(aliasWidth, 1));
  const fields = new Uint8Array(productions * 64);
  for (let production = 0; production < productions; production++) {
    for (let i = 0; i < aliasWidth && production > 0; i++) aliasTypes[production * aliasWidth + i] = u16[(at(21) >> 1) + production * aliasWidth + i] as number;
    const slice = (at(16) >> 1) + production * 2;
    const first = u16[slice] as number;
    for (let k = (u16[slice + 1] as number) - 1; k >= 0; k--) {
      const entry = at(17) + (first + k) * 4;
      const child = u8[entry + 2] as number;
      const inherited = u8[entry + 3] as number;
      if (!inherited && child < 64) fields[production * 64 + child] = u16[entry >> 1] as number;
    }
  }
  return { publicType, isNamed, aliasTypes, aliasWidth: Math.max(aliasWidth, 1), fields };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** The ids that the grammar gives its node types and fields, by name. */
export function typeNames(language: Language): { readonly types: readonly string[]; readonly fields: readonly string[] } {
  return { types: Array.from({ length: language.nodeTypeCount }, (_, id) => language.nodeTypeForId(id) ?? ""), fields: Array.from({ length: language.fieldCount + 1 }, (_, id) => language.fieldNameForId(id) ?? "") };
}
