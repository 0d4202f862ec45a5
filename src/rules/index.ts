import type { Rule } from "../engine/rule.ts";
import envDependentTree from "./supervision/env-dependent-tree.ts";
import godModule from "./design/god-module.ts";
import multiModuleFile from "./design/multi-module-file.ts";
import selfCall from "./blocking/self-call.ts";
import silentFailurePath from "./telemetry/silent-failure-path.ts";
import telemetryOutlier from "./telemetry/telemetry-outlier.ts";

/** Every rule, sorted by id. Written by `npm run gen`. */
export const rules: readonly Rule[] = [
  envDependentTree,
  godModule,
  multiModuleFile,
  selfCall,
  silentFailurePath,
  telemetryOutlier,
];
