import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { applyChanges, areBack, assertApplicable, inverse, putBack } from "../../src/extension/wizard/changes.ts";

const folder = (): vscode.WorkspaceFolder => vscode.workspace.workspaceFolders?.[0] ?? assert.fail("no folder is open");
const at = (path: string): vscode.Uri => vscode.Uri.joinPath(folder().uri, path);
const write = (path: string, text: string) => vscode.workspace.fs.writeFile(at(path), new TextEncoder().encode(text));
const read = async (path: string): Promise<string> => new TextDecoder().decode(await vscode.workspace.fs.readFile(at(path)));

/** A till whose first function has spaces at the end of its line, and what is left of it when a function leaves. */
const till = "defmodule Till do\n  def open, do: :ok  \n  def count(coins), do: Enum.sum(coins)\nend\n";
const left = "defmodule Till do\n  def open, do: :ok  \n  defdelegate count(coins), to: Till.Coins\nend\n";
const trimmed = left.replace("  \n", "\n");
const coins = "defmodule Till.Coins do\n  def count(coins), do: Enum.sum(coins)\nend\n";
/** The step for a till in a file of its own: the editor still knows what an earlier test left open. */
const step = (name: string, before: string, after: string) => [{ path: `lib/${name}.ex`, before, after }, { path: `lib/${name}/coins.ex`, before: null, after: coins }];

describe("writing a step where something works on each file that is saved", () => {
  const files = () => vscode.workspace.getConfiguration("files");
  before(() => files().update("trimTrailingWhitespace", true, vscode.ConfigurationTarget.Workspace));
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));
  after(async () => {
    await files().update("trimTrailingWhitespace", undefined, vscode.ConfigurationTarget.Workspace);
    for (const [name] of await vscode.workspace.fs.readDirectory(at("lib"))) if (name !== "kiosk.ex") await vscode.workspace.fs.delete(at(`lib/${name}`), { recursive: true });
  });

  it("answers what stands on the disk, and takes exactly that back, byte for byte", async () => {
    await write("lib/till.ex", till);
    const outcome = await applyChanges(folder(), step("till", till, left), "Extract Till.Coins", false);
    assert.deepEqual(outcome, { kind: "written", changes: step("till", till, trimmed) });
    assert.equal(await read("lib/till.ex"), trimmed);
    await assertApplicable(folder(), inverse(outcome.changes));
    assert.ok(await putBack(folder(), outcome.changes, "Undo the split"));
    assert.equal(await read("lib/till.ex"), till);
    assert.ok(await areBack(folder(), outcome.changes));
  });

  it("keeps the line endings of a file that is in an editor", async () => {
    const windows = till.replaceAll("\n", "\r\n");
    await write("lib/windows.ex", windows);
    await vscode.window.showTextDocument(at("lib/windows.ex"));
    // The new line comes with another ending; the editor gives it the one of the file.
    const mixed = windows.replace("  def count(coins), do: Enum.sum(coins)\r\n", "  defdelegate count(coins), to: Till.Coins\n");
    const outcome = await applyChanges(folder(), step("windows", windows, mixed), "Extract Till.Coins", false);
    assert.deepEqual(outcome, { kind: "written", changes: step("windows", windows, trimmed.replaceAll("\n", "\r\n")) });
    assert.ok(await putBack(folder(), outcome.changes, "Undo the split"));
    assert.equal(await read("lib/windows.ex"), windows);
  });

  it("leaves nothing behind when VS Code refuses the edit", async () => {
    await write("lib/refused.ex", till);
    await write("lib/refused", "a file where the folder of the new module would be\n");
    assert.deepEqual(await applyChanges(folder(), step("refused", till, left), "Extract Till.Coins", false), { kind: "nothing" });
    assert.equal(await read("lib/refused.ex"), till);
  });
});
