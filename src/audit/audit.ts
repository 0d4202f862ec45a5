import type { ScanResult } from "../engine/finding.ts";
import type { Survey } from "../report/parts.ts";
import type { Progress, Stop } from "./host.ts";
import type { Extraction, Planned, PlanQuestion, Reshaped, WantedGroups } from "./planning.ts";

export type ScanRequest = {
  readonly stop: Stop;
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each file before it is parsed; makes the scan slower, and is meant for finding the file that ends a thread. */
  readonly onFile?: (path: string) => void;
};

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
  readonly dispose: () => void;
};

/** The user stopped the scan; nothing of it is kept. */
export class ScanStopped extends Error {
  constructor() {
    super("The scan was stopped.");
    this.name = "ScanStopped";
  }
}
