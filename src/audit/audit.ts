import type { ScanResult } from "../engine/finding.ts";
import type { Survey } from "../report/parts.ts";
import type { LineExplanation } from "./explain.ts";
import type { Inspection, Written } from "../decompose/transform/inspection.ts";
import type { Extraction, FileChange, Planned, PlanQuestion, Reshaped, WantedGroups } from "./planning.ts";
import type { ScanRequest } from "./scan-request.ts";

/**
 * The one door to the engine: in-process and worker implementations behave the same.
 * `scan` reads the whole workspace; `update` tells of one changed file (`undefined`: it is gone) and answers with the
 * findings of the whole workspace again. Both reject with `ScanStopped` when stopped.
 */
export type Audit = {
  readonly scan: (request: ScanRequest) => Promise<ScanResult>;
  readonly update: (path: string, text: string | undefined) => Promise<ScanResult>;
  /** What a report says of the code besides findings, as of the last scan or update; empty before the first. */
  readonly survey: () => Promise<Survey>;
  /** The plan to split a module, a person's arrangement of it made applicable, and the edits for some of its groups. Reject with a sentence. */
  readonly plan: (question: PlanQuestion) => Promise<Planned>;
  readonly reshape: (question: PlanQuestion, groups: WantedGroups) => Promise<Reshaped>;
  readonly extract: (question: PlanQuestion, groups: WantedGroups) => Promise<Extraction>;
  /** A split from few modules (0) to many; free names for some functions; the edits of several steps, one after the other; one file per module. */
  readonly grade: (question: PlanQuestion, grade: number) => Promise<Reshaped>;
  readonly suggest: (question: PlanQuestion, functions: readonly string[]) => Promise<readonly string[]>;
  readonly rehearse: (question: PlanQuestion, steps: readonly WantedGroups[], before: readonly FileChange[]) => Promise<readonly Extraction[]>;
  readonly files: (file: string) => Promise<Extraction>;
  /** What split code can be held against without Elixir. */
  readonly inspect: (written: Written) => Promise<Inspection>;
  /** Who runs a line (from 1), what its calls do, and why rules that looked at it are silent. Rejects with a sentence for a file that was not scanned. */
  readonly explain: (path: string, line: number) => Promise<LineExplanation>;
  readonly dispose: () => void;
};
