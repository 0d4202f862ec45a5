import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openAudit } from "../../src/audit/open-audit.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { groupsOf } from "../../src/wizard/groups.ts";
import { begin, received } from "../../src/wizard/session.ts";
import { view } from "../../src/wizard/view.ts";

export type WalkRow = { readonly functions: number; readonly calls: number; readonly planMs: number; readonly reshapeMs: number; readonly slowestReshapeMs: number; readonly gradeMs: number; readonly viewMs: number; readonly snapshotKb: number };

const topics = ["dough", "oven", "order", "invoice", "shift", "tour", "loyalty", "stock", "recipe", "report"];

/** A module of so many functions on ten topics: chains of calls within a topic, some across, attributes in common. */
export function godModule(functions: number): string {
  const body = Array.from({ length: functions }, (_, i) => {
    const topic = topics[i % topics.length] ?? "";
    const number = Math.floor(i / topics.length);
    const callee = number === 0 ? "value" : `${topic}_${number - 1}(value)`;
    const other = i % 7 === 0 && i > 20 ? ` + length(List.wrap(${topics[(i + 3) % topics.length]}_${Math.max(0, number - 2)}(value)))` : "";
    return `  @doc "Works on the ${topic}, part ${number}."\n  ${number % 3 === 2 ? "defp" : "def"} ${topic}_${number}(value) do\n    step = ${callee}\n    {@${topic}_limit, step${other === "" ? "" : `, 0${other}`}}\n  end\n`;
  });
  return `defmodule Bakery.Everything do\n${topics.map((topic, i) => `  @${topic}_limit ${i}`).join("\n")}\n\n${body.join("\n")}end\n`;
}

/** How long the analysis takes for what a walk shows first and after each change, with medians of some moves. */
export async function benchWalk(functions: number, moves: number, assets: string): Promise<WalkRow> {
  const folder = mkdtempSync(path.join(tmpdir(), "otp-audit-walk-"));
  try {
    mkdirSync(path.join(folder, "lib"));
    writeFileSync(path.join(folder, "lib/everything.ex"), godModule(functions));
    const audit = openAudit(nodeHost(folder, assets), () => ({ version: "", rules: [] }));
    await audit.scan({ stop: { aborted: false } });
    const question = { file: "lib/everything.ex", module: undefined };
    const timed = async <T>(work: () => T | Promise<T>): Promise<readonly [T, number]> => {
      const began = process.cpuUsage();
      const answer = await work();
      const { user, system } = process.cpuUsage(began);
      return [answer, (user + system) / 1000];
    };
    const [planned, planMs] = await timed(() => audit.plan(question));
    const walk = begin({ ...planned, mixObstacle: undefined, start: { metrics: planned.plan.metrics, exports: planned.exports } });
    if (walk === undefined) throw new Error("There is nothing to split.");
    const times: number[] = [];
    const views: number[] = [];
    let session = walk;
    for (let move = 0; move < moves; move++) {
      const groups = groupsOf(session.shape);
      const from = groups[move % groups.length];
      const to = groups[(move + 1) % groups.length];
      const changed = groups.map((group) => (group === from ? { ...group, functions: group.functions.slice(1) } : group === to ? { ...group, functions: [...group.functions, ...(from?.functions.slice(0, 1) ?? [])] } : group));
      const [answer, ms] = await timed(() => audit.reshape({ ...question, module: planned.plan.module }, changed));
      times.push(ms);
      session = received(session, { kind: "reshaped", ...answer });
      const [, viewMs] = await timed(() => JSON.stringify(view(session)));
      views.push(viewMs);
    }
    const [, gradeMs] = await timed(() => audit.grade(question, 5));
    const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
    return { functions: planned.map.nodes.length, calls: planned.map.edges.length, planMs, reshapeMs: median(times), slowestReshapeMs: Math.max(...times), gradeMs, viewMs: median(views), snapshotKb: JSON.stringify(view(session)).length / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
