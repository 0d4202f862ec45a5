import type { Plan } from "../../decompose/plan/plan.ts";
import type { Finding } from "../../engine/finding.ts";
import { clustersOf } from "../../model/cohesion.ts";
import type { Module } from "../../model/module.ts";
import { lineCount, moduleLines, ownCodeLines } from "../../model/size.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { FilePortrait, ModulePoint, ModulePortrait } from "../../report/parts.ts";

/** How a module or a file can be split, as the decomposition engine plans it; undefined where it cannot say. */
export type Splits = { readonly planOf: (file: string, module: string) => Plan | undefined; readonly filesOf: (file: string) => { readonly paths: readonly string[]; readonly reasons: readonly string[] } };

const SMALLEST_POINT = 100;
const MOST_POINTS = 60;

/** Findings of the design family speak of a whole module, or of a whole file. */
const isAboutModule = ({ family, module, function: name }: Finding): boolean => family === "design" && module !== "" && name === "";
const isAboutFile = ({ family, module }: Finding): boolean => family === "design" && module === "";

/** Modules that a design rule reports, as they are: size, cohesion, and the split that would be proposed; largest first. */
export function portraitsOf(workspace: Workspace, findings: readonly Finding[], { planOf }: Splits): readonly ModulePortrait[] {
  const named = new Set(findings.filter(isAboutModule).map(({ file, module }) => `${file} ${module}`));
  return workspace.libModules
    .filter((module) => named.has(`${module.file.path} ${module.name}`))
    .map((module) => portrait(module, planOf(module.file.path, module.name)))
    .sort((a, b) => b.codeLines - a.codeLines);
}

/** Files that a design rule reports, with the files their modules would go to. */
export function filePortraitsOf(workspace: Workspace, findings: readonly Finding[], { filesOf }: Splits): readonly FilePortrait[] {
  const named = new Set(findings.filter(isAboutFile).map(({ file }) => file));
  return workspace.files
    .filter(({ path }) => named.has(path))
    .map((file) => {
      const sized = file.modules.filter(({ declared }) => declared !== "script").map((module) => ({ name: module.name, lines: moduleLines(module) })).sort((a, b) => b.lines - a.lines);
      const { paths, reasons } = filesOf(file.path);
      return { file: file.path, lines: lineCount(file), modules: sized.length, largest: sized[0]?.name ?? "", largestLines: sized[0]?.lines ?? 0, proposed: paths, blockers: reasons };
    })
    .sort((a, b) => b.lines - a.lines);
}

/** Every module of some size with its cohesion, largest first, reported or not. */
export function sizesOf(workspace: Workspace, findings: readonly Finding[]): readonly ModulePoint[] {
  const named = new Set(findings.filter(isAboutModule).map(({ file, module }) => `${file} ${module}`));
  return workspace.libModules
    .map((module) => ({ module, codeLines: ownCodeLines(module) }))
    .filter(({ codeLines }) => codeLines >= SMALLEST_POINT)
    .sort((a, b) => b.codeLines - a.codeLines || (a.module.name < b.module.name ? -1 : 1))
    .slice(0, MOST_POINTS)
    .flatMap(({ module, codeLines }) => {
      const cohesion = cohesionOf(module);
      return cohesion === undefined ? [] : [{ name: module.name, codeLines, cohesion, isReported: named.has(`${module.file.path} ${module.name}`) }];
    });
}

/** Share of pairs of functions that are connected by calls, shared helpers or attributes. */
function cohesionOf(module: Module): number | undefined {
  const groups = clustersOf(module).map(({ functions }) => functions.length);
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  const all = groups.reduce((sum, count) => sum + count, 0);
  return all < 2 ? undefined : groups.reduce((sum, count) => sum + pairs(count), 0) / pairs(all);
}

function portrait(module: Module, plan: Plan | undefined): ModulePortrait {
  const functions = module.functions.filter(({ kind }) => kind !== "block");
  const cohesion = cohesionOf(module);
  const chosen = plan?.alternatives.find((alternative) => alternative.default === true) ?? plan?.alternatives[0];
  return {
    name: module.name,
    file: module.file.path,
    fromLine: module.node.line,
    toLine: module.node.line + moduleLines(module) - 1,
    codeLines: ownCodeLines(module),
    publicFunctions: functions.filter(({ isPublic }) => isPublic).length,
    privateFunctions: functions.filter(({ isPublic }) => !isPublic).length,
    ...(cohesion === undefined ? {} : { cohesion }),
    proposed: (chosen?.groups ?? []).map(({ module: name, functions: members }) => ({ name, functions: members })),
    blockers: [...(plan?.blockers ?? []).map(({ reason }) => reason), ...staying(plan)],
  };
}

/** Functions that no split may move, those with the same reason together. */
function staying(plan: Plan | undefined): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { function: id, reason } of plan?.pinned ?? []) byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  return [...byReason].map(([reason, ids]) => `${ids.map((id) => `\`${id}\``).join(", ")} ${ids.length === 1 ? "stays: it" : "stay: each"} ${reason}.`);
}
