/** Every id that package.json contributes, typed once; a test compares the two. */
export const commands = {
  auditWorkspace: "otpAudit.auditWorkspace",
  auditFile: "otpAudit.auditFile",
  showFindings: "otpAudit.showFindings",
  explainRule: "otpAudit.explainRule",
  rescan: "otpAudit.rescan",
  cancelScan: "otpAudit.cancelScan",
  openFinding: "otpAudit.openFinding",
  showLog: "otpAudit.showLog",
} as const;
export type CommandId = (typeof commands)[keyof typeof commands];

export const views = { findings: "otpAudit.findings" } as const;

/** What the view shows when it holds no findings. */
export type ViewState = "noElixir" | "scanning" | "clean" | "failed" | "findings";
export const stateKey = "otpAudit.state";
export const documentScheme = "otp-audit";
