/** Every id that package.json contributes, typed once; a test compares the two. */
export const commands = {
  auditWorkspace: "otpAudit.auditWorkspace",
  auditFile: "otpAudit.auditFile",
  showFindings: "otpAudit.showFindings",
  explainRule: "otpAudit.explainRule",
  explainLine: "otpAudit.explainLine",
  rescan: "otpAudit.rescan",
  cancelScan: "otpAudit.cancelScan",
  openFinding: "otpAudit.openFinding",
  showLog: "otpAudit.showLog",
  saveReport: "otpAudit.saveReport",
  copyReport: "otpAudit.copyReport",
  decide: "otpAudit.decide",
  keepAudit: "otpAudit.keepAudit",
  compareWithRun: "otpAudit.compareWithRun",
  compareRuns: "otpAudit.compareRuns",
  showOnlyNew: "otpAudit.showOnlyNew",
  showAllFindings: "otpAudit.showAllFindings",
  acceptBaseline: "otpAudit.acceptBaseline",
  splitModule: "otpAudit.splitModule",
  openPlan: "otpAudit.openPlan",
  deletePlan: "otpAudit.deletePlan",
  moveFunctions: "otpAudit.moveFunctions",
  splitOffFunctions: "otpAudit.splitOffFunctions",
  pinFunctions: "otpAudit.pinFunctions",
  openFunction: "otpAudit.openFunction",
  renameGroup: "otpAudit.renameGroup",
  mergeGroup: "otpAudit.mergeGroup",
} as const;
export type CommandId = (typeof commands)[keyof typeof commands];

export const views = { findings: "otpAudit.findings", history: "otpAudit.history", plans: "otpAudit.plans" } as const;

/** What the view shows when it holds no findings. */
export type ViewState = "idle" | "noElixir" | "scanning" | "stopped" | "clean" | "failed" | "findings";

/** Keys of `when` clauses: the view's state, whether a scan runs (which it may while findings are shown), what is filtered and kept. */
export const contextKeys = { state: "otpAudit.state", scanning: "otpAudit.scan.running", onlyNew: "otpAudit.filter.onlyNew", hasHistory: "otpAudit.history.some", hasPlans: "otpAudit.plans.some" } as const;
export const documentScheme = "otp-audit";

/** The documents that findings and fixes are shown in, as a `DocumentSelector`. */
export const elixirFiles = [{ language: "elixir" }, { pattern: "**/*.{ex,exs}" }] as const;
