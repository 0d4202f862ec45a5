import * as vscode from "vscode";
import type { Finding } from "../../engine/finding.ts";

/** Range of a finding in the editor, which counts from 0. */
export const rangeOf = (finding: Finding): vscode.Range => new vscode.Range(finding.startLine - 1, finding.startColumn - 1, finding.endLine - 1, finding.endColumn - 1);
