import type { Problem, ScanResult } from "../engine/finding.ts";
import type { Survey } from "../report/parts.ts";
import type { LineExplanation } from "./explain.ts";
import type { Progress } from "./host.ts";
import type { Inspection, Written } from "../decompose/transform/inspection.ts";
import type { Extraction, FileChange, Planned, PlanQuestion, Reshaped, WantedGroups } from "./planning.ts";
import type { ScanOptions } from "./scan.ts";

/** What the audit's thread is asked. `id` comes back with the answer. */
export type Request =
  | { readonly id: number; readonly type: "scan"; readonly options: ScanOptions; readonly careful?: boolean }
  | { readonly id: number; readonly type: "update"; readonly options: ScanOptions; readonly path: string; readonly text: string | undefined }
  | { readonly id: number; readonly type: "survey" }
  | { readonly id: number; readonly type: "plan"; readonly question: PlanQuestion }
  | { readonly id: number; readonly type: "reshape" | "extract"; readonly question: PlanQuestion; readonly groups: WantedGroups }
  | { readonly id: number; readonly type: "grade"; readonly question: PlanQuestion; readonly grade: number }
  | { readonly id: number; readonly type: "suggest"; readonly question: PlanQuestion; readonly functions: readonly string[] }
  | { readonly id: number; readonly type: "rehearse"; readonly question: PlanQuestion; readonly steps: readonly WantedGroups[]; readonly before: readonly FileChange[] }
  | { readonly id: number; readonly type: "files"; readonly file: string }
  | { readonly id: number; readonly type: "inspect"; readonly written: Written }
  | { readonly id: number; readonly type: "explain"; readonly path: string; readonly line: number }
  | { readonly id: number; readonly type: "stop" };

export type Response =
  | { readonly id: number; readonly type: "progress"; readonly progress: Progress }
  | { readonly id: number; readonly type: "file"; readonly path: string }
  | { readonly id: number; readonly type: "result"; readonly result: ScanResult }
  | { readonly id: number; readonly type: "survey"; readonly survey: Survey }
  | { readonly id: number; readonly type: "plan"; readonly planned: Planned }
  | { readonly id: number; readonly type: "reshape"; readonly reshaped: Reshaped }
  | { readonly id: number; readonly type: "extract"; readonly extraction: Extraction }
  | { readonly id: number; readonly type: "suggest"; readonly names: readonly string[] }
  | { readonly id: number; readonly type: "rehearse"; readonly extractions: readonly Extraction[] }
  | { readonly id: number; readonly type: "inspect"; readonly inspection: Inspection }
  | { readonly id: number; readonly type: "explain"; readonly explanation: LineExplanation }
  | { readonly id: number; readonly type: "stopped" }
  | { readonly id: number; readonly type: "failed"; readonly message: string };

/** A thread as seen from either side; plain data only. */
export type Port<Out, In> = { readonly post: (message: Out) => void; readonly onMessage: (listener: (message: In) => void) => void };

/** A thread the client may lose and start again. */
export type WorkerThread = Port<Request, Response> & { readonly onExit: (listener: (reason: string) => void) => void; readonly terminate: () => void };

export const workerDied = (reason: string): Problem => ({ kind: "worker", message: `The analysis thread ended unexpectedly (${reason}) and was started again. The findings below are complete.` });
