import * as vscode from "vscode";
import type { Planned, PlanQuestion } from "../../audit/planning.ts";
import type { Alternative } from "../../decompose/plan/plan.ts";
import { type PlanFile, planFileName, PLANS_FOLDER, readPlanFile } from "../../decompose/plan/plan-file.ts";
import { keptShape, reconciled } from "../../wizard/kept-plan.ts";
import { begin, type Session as Walk } from "../../wizard/session.ts";
import { FILES } from "../../wizard/walk-steps.ts";
import type { MixRun } from "../platform.ts";
import type { Session } from "../session.ts";
import { readText } from "../vscode/files.ts";

export const planUri = (folder: vscode.WorkspaceFolder, module: string): vscode.Uri => vscode.Uri.joinPath(folder.uri, PLANS_FOLDER, planFileName(module));

/** Why mix cannot run in a folder; undefined when it can. */
export function mixObstacle(folder: vscode.WorkspaceFolder, runMix: MixRun | undefined): string | undefined {
  if (runMix === undefined) return "mix cannot run here: VS Code runs in the browser, without a machine behind it.";
  if (folder.uri.scheme !== "file") return "mix cannot run here: the folder is not on a disk.";
  return vscode.workspace.isTrusted ? undefined : "mix does not run while the workspace is not trusted, because it runs code of the project.";
}

/** The walk for a module of a file: where an earlier one stopped, as far as that still fits the code. Rejects with a sentence when there is nothing to split. */
export async function openedWalk(session: Session, folder: vscode.WorkspaceFolder, asked: PlanQuestion, runMix: MixRun | undefined): Promise<Walk> {
  const planned = await session.ask(folder, (audit) => audit.plan(asked));
  const { plan, exports } = planned;
  const fresh = { ...planned, mixObstacle: mixObstacle(folder, runMix), start: { metrics: plan.metrics, exports } };
  const text = await readText(planUri(folder, plan.module));
  const kept = text === undefined ? undefined : readPlanFile(text, planFileName(plan.module));
  if (kept !== undefined && "wrong" in kept) throw new Error(kept.wrong);
  const walk = begin(kept === undefined ? fresh : { ...fresh, ...(await resumed(session, folder, planned, kept)) });
  if (walk === undefined) throw new Error(plan.blockers[0]?.reason ?? `There is nothing to split in ${plan.module}.`);
  return walk;
}

type Resumed = Pick<Walk, "files" | "shape" | "chosen" | "pins" | "applied" | "step" | "staleNotes" | "splitsFile" | "start">;

async function resumed(session: Session, folder: vscode.WorkspaceFolder, planned: Planned, kept: PlanFile): Promise<Resumed> {
  const { measured, applied } = kept;
  const splitsFile = measured?.splitsFile ?? planned.files.length > 1;
  const { shape, notes } = await refitted(session, folder, planned, keptShape(kept, planned.plan, planned.functions), applied, splitsFile);
  const start = applied.length > 0 && measured !== undefined ? measured.start : { metrics: planned.plan.metrics, exports: planned.exports };
  const files = measured !== undefined && applied.includes(FILES) ? measured.files : planned.files;
  return { files, shape, chosen: kept.alternative, pins: kept.pins, applied, step: kept.step, staleNotes: notes, splitsFile, start };
}

/**
 * A shape on the code as it is now. What is written already stays as it was measured; when functions of the rest are gone,
 * or nothing is written yet, the rest is measured anew.
 */
export async function refitted(session: Session, folder: vscode.WorkspaceFolder, { plan, functions }: Planned, shape: Alternative, applied: readonly string[], splitsFile: boolean): Promise<{ readonly shape: Alternative; readonly notes: readonly string[] }> {
  const written = new Set(shape.steps.filter(({ modules }) => applied.includes(modules.join(" "))).flatMap(({ modules }) => modules));
  const { groups, notes } = reconciled(shape, written, functions);
  const isFilesOnly = shape.groups.length === 0 && splitsFile;
  if ((written.size > 0 && notes.length === 0) || isFilesOnly || groups.length === 0) return { shape, notes };
  const { alternative } = await session.ask(folder, (audit) => audit.reshape({ file: plan.file, module: plan.module }, groups));
  if (written.size === 0) return { shape: alternative, notes };
  const old = shape.groups.filter(({ module }) => written.has(module));
  return { shape: { ...alternative, groups: [...old, ...alternative.groups], steps: [...shape.steps.filter(({ modules }) => modules.some((module) => written.has(module))), ...alternative.steps], metrics: shape.metrics }, notes };
}
