import type { Progress, Stop } from "./host.ts";

/** What whoever asks for a scan gives along. */
export type ScanRequest = {
  readonly stop: Stop;
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each file before it is parsed; makes the scan slower, and is meant for finding the file that ends a thread. */
  readonly onFile?: (path: string) => void;
};

/** The user stopped the scan; nothing of it is kept. */
export class ScanStopped extends Error {
  constructor() {
    super("The scan was stopped.");
    this.name = "ScanStopped";
  }
}
