import { Workspace } from "../model/workspace.ts";
import type { TestChange } from "../report/parts.ts";
import type { Tree } from "../syntax/tree.ts";
import { skipLines, type WaitKind, waitKinds, waitsIn } from "./survey/waits.ts";

/** A test file as it was and as it is; one of the two is absent for a new or deleted file. */
export type TestFilePair = { readonly file: string; readonly before: Tree | undefined; readonly after: Tree | undefined };

/** Test files in which sleeps or skips changed, in order: how many sleeps there were and are, and what the tests that lost one do instead. */
export function testChangesOf(pairs: readonly TestFilePair[]): readonly TestChange[] {
  return pairs
    .map(changeOf)
    .filter(({ before, after, skipped, inPlace }) => before !== after || skipped !== 0 || inPlace.length > 0)
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

type Reading = { readonly blocks: ReadonlyMap<string, ReadonlyMap<WaitKind, number>>; readonly skips: number };

function changeOf({ file, before: was, after: is }: TestFilePair): TestChange {
  const old = read(was);
  const now = read(is);
  const sleeps = ({ blocks }: Reading): number => [...blocks.values()].reduce((sum, waits) => sum + (waits.get("sleep") ?? 0), 0);
  const inPlace = new Map<string, number>();
  const count = (how: string, times: number): void => void (times > 0 && inPlace.set(how, (inPlace.get(how) ?? 0) + times));
  for (const [id, waits] of old.blocks) {
    const after = now.blocks.get(id);
    let lost = (waits.get("sleep") ?? 0) - (after?.get("sleep") ?? 0);
    if (lost <= 0) continue;
    if (after === undefined) {
      count("the code around it is gone or renamed", lost);
      continue;
    }
    for (const how of waitKinds) {
      const gained = how === "sleep" ? 0 : Math.min(lost, (after.get(how) ?? 0) - (waits.get(how) ?? 0));
      count(how, gained);
      lost -= Math.max(0, gained);
    }
    count("no other wait", lost);
  }
  return { file, before: sleeps(old), after: sleeps(now), inPlace: [...inPlace].map(([how, times]) => ({ how, count: times })), skipped: now.skips - old.skips };
}

function read(tree: Tree | undefined): Reading {
  if (tree === undefined) return { blocks: new Map(), skips: 0 };
  const { modules } = new Workspace([tree]);
  const blocks = new Map<string, ReadonlyMap<WaitKind, number>>();
  for (const module of modules) for (const fn of module.functions) blocks.set(`${module.name} ${fn.id}`, waitsIn(fn.sites));
  tree.release();
  return { blocks, skips: modules.reduce((sum, module) => sum + skipLines(module).length, 0) };
}
