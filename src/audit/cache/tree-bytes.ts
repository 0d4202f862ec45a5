import { kinds, STRIDE, type TreeData } from "../../syntax/tree.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/**
 * Writes a tree as differences between neighbours, which are small: about nine bytes for an expression.
 * The order of the numbers is the layout of `TreeData`; whoever changes one changes `LAYOUT`.
 */
export function writeTree(out: ByteWriter, { nodes, symbols, comments, errors }: TreeData): void {
  out.number(symbols.length);
  for (const symbol of symbols) out.text(symbol);
  out.number(nodes.length / STRIDE);
  let before = 0;
  for (let at = 0, id = 0; at < nodes.length; at += STRIDE, id++) {
    const start = nodes[at + 1] as number;
    out.number(nodes[at] as number);
    out.signed(start - before);
    out.signed((nodes[at + 2] as number) - start);
    out.number((nodes[at + 3] as number) - id);
    out.number((nodes[at + 4] as number) + 1);
    out.signed((nodes[at + 5] as number) - start);
    out.number(nodes[at + 6] as number);
    out.number(id - (nodes[at + 7] as number));
    before = start;
  }
  out.number(comments.length);
  for (const { start, end, ownLine } of comments) {
    out.number(start);
    out.number(end - start);
    out.number(ownLine ? 1 : 0);
  }
  out.number(errors.length);
  for (const { start, end } of errors) {
    out.number(start);
    out.number(end - start);
  }
}

export function readTree(input: ByteReader): TreeData {
  const symbols = Array.from({ length: input.number() }, () => input.text());
  const count = input.number();
  const nodes = new Int32Array(count * STRIDE);
  let before = 0;
  for (let at = 0, id = 0; id < count; at += STRIDE, id++) {
    nodes[at] = input.number();
    const start = before + input.signed();
    nodes[at + 1] = start;
    nodes[at + 2] = start + input.signed();
    nodes[at + 3] = id + input.number();
    nodes[at + 4] = input.number() - 1;
    nodes[at + 5] = start + input.signed();
    nodes[at + 6] = input.number();
    nodes[at + 7] = id - input.number();
    before = start;
  }
  const comments = Array.from({ length: input.number() }, () => {
    const start = input.number();
    return { start, end: start + input.number(), ownLine: input.number() === 1 };
  });
  const errors = Array.from({ length: input.number() }, () => {
    const start = input.number();
    return { start, end: start + input.number() };
  });
  return { nodes, symbols, comments, errors };
}

/** Names the layout that `writeTree` writes. */
export const LAYOUT = `1 ${STRIDE} ${kinds.join(" ")}`;
