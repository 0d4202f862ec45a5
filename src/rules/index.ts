import type { Rule } from "../engine/rule.ts";
import cleanupNeverRuns from "./resources/cleanup-never-runs.ts";
import envDependentTree from "./supervision/env-dependent-tree.ts";
import etsIncrementThenUndo from "./ets/ets-increment-then-undo.ts";
import etsReadModifyWrite from "./ets/ets-read-modify-write.ts";
import godModule from "./design/god-module.ts";
import multiModuleFile from "./design/multi-module-file.ts";
import selfCall from "./blocking/self-call.ts";
import silentFailurePath from "./telemetry/silent-failure-path.ts";
import telemetryNeverDetached from "./resources/telemetry-never-detached.ts";
import telemetryOutlier from "./telemetry/telemetry-outlier.ts";

/** Every rule, sorted by id. Written by `npm run gen`. */
export const rules: readonly Rule[] = [
  cleanupNeverRuns,
  envDependentTree,
  etsIncrementThenUndo,
  etsReadModifyWrite,
  godModule,
  multiModuleFile,
  selfCall,
  silentFailurePath,
  telemetryNeverDetached,
  telemetryOutlier,
];
