import type { Finding } from "../../engine/finding.ts";
import { clustersOf } from "../../model/cohesion.ts";
import type { Module } from "../../model/module.ts";
import { moduleLines, ownCodeLines } from "../../model/size.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { ModulePortrait } from "../../report/parts.ts";

/** Modules that a design rule reports, as they are: size, cohesion, and the groups that share nothing. */
export function portraitsOf(workspace: Workspace, findings: readonly Finding[]): readonly ModulePortrait[] {
  const named = new Set(findings.filter(({ rule }) => rule === "god-module" || rule === "god-process").map(({ module }) => module));
  return workspace.libModules.filter((module) => named.has(module.name)).map(portrait).sort((a, b) => b.codeLines - a.codeLines);
}

function portrait(module: Module): ModulePortrait {
  const functions = module.functions.filter(({ kind }) => kind !== "block");
  const groups = clustersOf(module);
  const grouped = groups.reduce((sum, group) => sum + group.functions.length, 0);
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  return {
    name: module.name,
    file: module.file.path,
    fromLine: module.node.line,
    toLine: module.node.line + moduleLines(module) - 1,
    codeLines: ownCodeLines(module),
    publicFunctions: functions.filter(({ isPublic }) => isPublic).length,
    privateFunctions: functions.filter(({ isPublic }) => !isPublic).length,
    ...(grouped < 2 ? {} : { cohesion: groups.reduce((sum, group) => sum + pairs(group.functions.length), 0) / pairs(grouped) }),
    proposed: [],
    blockers: [],
  };
}
