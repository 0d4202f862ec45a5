import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";

type Api = { readonly findings: () => readonly { readonly rule: string; readonly startLine: number; readonly file: string }[]; readonly whenIdle: () => Promise<void> };

const folder = (): vscode.Uri => vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail("no folder is open");
const kiosk = (): vscode.Uri => vscode.Uri.joinPath(folder(), "lib/kiosk.ex");
const ours = (uri: vscode.Uri): vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri).filter((diagnostic) => diagnostic.source === "OTP Audit");

/** Diagnostics and tabs arrive later: asks until the answer is there. */
async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await check();
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

describe("the extension", () => {
  let api: Api;
  before(async () => {
    const extension = vscode.extensions.getExtension<Api>("otp-audit.otp-audit");
    assert.ok(extension);
    api = await extension.activate();
    await vscode.commands.executeCommand("otpAudit.rescan");
    await api.whenIdle();
  });
  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("finds the server that calls itself", () => {
    assert.deepEqual(api.findings().map((finding) => `${finding.rule} ${finding.file}:${finding.startLine}`), ["self-call lib/kiosk.ex:11"]);
  });

  it("tells it in Problems, with the rule's page and the path", () => {
    const [diagnostic] = ours(kiosk());
    assert.ok(diagnostic);
    assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(diagnostic.range.start.line, 10);
    const code = diagnostic.code as { value: string; target: vscode.Uri };
    assert.equal(code.value, "self-call");
    assert.equal(code.target.toString(), "otp-audit:/rules/self-call.md");
    assert.ok((diagnostic.relatedInformation ?? []).some((related) => related.message.includes("handle_info/2")));
  });

  it("opens the page of a rule", async () => {
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse("otp-audit:/rules/self-call.md"));
    assert.match(page.getText(), /# A server calls itself[\s\S]*## Why/);
  });

  it("explains a line: who runs it, and why nothing is found there", async () => {
    await vscode.window.showTextDocument(kiosk(), { selection: new vscode.Range(14, 0, 14, 0) });
    await vscode.commands.executeCommand("otpAudit.explainLine");
    const page = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: "otp-audit", path: "/lib/kiosk.ex line 15.md", query: "explained" }));
    assert.match(page.getText(), /^# lib\/kiosk\.ex:15\n[\s\S]*- inside the process of Kiosk, from handle_call\/3\n[\s\S]*No rule reports this line\./);
  });

  it("keeps the finding when the file is closed", async () => {
    await vscode.window.showTextDocument(kiosk());
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    assert.equal(ours(kiosk()).length, 1);
  });

  it("follows an edit above it, then lets go of what was fixed", async () => {
    const editor = await vscode.window.showTextDocument(kiosk());
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "# a line above\n"));
    await eventually(() => assert.deepEqual(ours(kiosk()).map((diagnostic) => diagnostic.range.start.line), [11]));
    const call = editor.document.getText().indexOf("GenServer.call(__MODULE__, :sold)");
    const range = new vscode.Range(editor.document.positionAt(call), editor.document.positionAt(call + "GenServer.call(__MODULE__, :sold)".length));
    await editor.edit((edit) => edit.replace(range, "state.sold"));
    await eventually(() => assert.equal(ours(kiosk()).length, 0));
    await vscode.commands.executeCommand("undo");
    await vscode.commands.executeCommand("undo");
    await eventually(() => assert.deepEqual(ours(kiosk()).map((diagnostic) => diagnostic.range.start.line), [10]));
    await vscode.commands.executeCommand("workbench.action.files.revert");
  });

  it("explains the finding under the pointer", async () => {
    await vscode.workspace.openTextDocument(kiosk());
    await eventually(async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", kiosk(), new vscode.Position(10, 40));
      const text = hovers.flatMap((hover) => hover.contents.map((content) => (content as vscode.MarkdownString).value)).join("\n");
      assert.match(text, /A server calls itself/);
      assert.match(text, /Looked for/);
    });
  });

  it("sees a file that another program writes, and one that is deleted", async () => {
    const added = vscode.Uri.joinPath(folder(), "lib/stall.ex");
    const source = new TextDecoder().decode(await vscode.workspace.fs.readFile(kiosk())).replaceAll("Kiosk", "Stall");
    await vscode.workspace.fs.writeFile(added, new TextEncoder().encode(source));
    await eventually(() => assert.equal(ours(added).length, 1));
    await vscode.workspace.fs.delete(added);
    await eventually(() => assert.equal(ours(added).length, 0));
  });

  it("mends a finding by a quick fix, and offers none for text it has not judged yet", async () => {
    const oven = vscode.Uri.joinPath(folder(), "lib/oven.ex");
    const source = `defmodule Oven do
  use GenServer

  @impl true
  def init(_), do: {:ok, %{poll: Process.send_after(self(), :poll, 1_000)}}

  @impl true
  def handle_info(:poll, state) do
    :timer.cancel(state.poll)
    {:noreply, state}
  end
end
`;
    await vscode.workspace.fs.writeFile(oven, new TextEncoder().encode(source));
    try {
      await eventually(() => assert.deepEqual(ours(oven).map((diagnostic) => (diagnostic.code as { value: string }).value), ["wrong-timer-cancel"]));
      const editor = await vscode.window.showTextDocument(oven);
      const quickFixes = async (line: number): Promise<vscode.CodeAction[]> => (await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", oven, new vscode.Range(line, 8, line, 8), "quickfix")).filter(({ title }) => title.startsWith("Use Process."));
      const [fix] = await quickFixes(8);
      assert.ok(fix?.edit);
      assert.deepEqual([fix.title, fix.isPreferred], ["Use Process.cancel_timer", true]);
      assert.deepEqual(await quickFixes(9), []);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "# a line above\n"));
      assert.deepEqual(await quickFixes(9), []); // the analysis comes when typing pauses
      await eventually(async () => assert.equal((await quickFixes(9)).length, 1));
      const [later] = await quickFixes(9);
      assert.ok(later?.edit);
      assert.ok(await vscode.workspace.applyEdit(later.edit));
      assert.equal(editor.document.getText(), `# a line above\n${source.replace(":timer.cancel", "Process.cancel_timer")}`);
      await eventually(() => assert.deepEqual(ours(oven), []));
      await vscode.commands.executeCommand("workbench.action.files.revert");
    } finally {
      await vscode.workspace.fs.delete(oven);
    }
    await eventually(() => assert.equal(api.findings().length, 1));
  });

  it("leaves out a rule that is switched off, and takes a wrong setting for its default", async () => {
    const settings = vscode.workspace.getConfiguration("otpAudit");
    try {
      await settings.update("rules.disabled", ["self-call"], vscode.ConfigurationTarget.Workspace);
      await eventually(() => assert.equal(ours(kiosk()).length, 0));
      await settings.update("rules.disabled", "self-call", vscode.ConfigurationTarget.Workspace);
      await eventually(() => assert.equal(ours(kiosk()).length, 1));
    } finally {
      await settings.update("rules.disabled", undefined, vscode.ConfigurationTarget.Workspace);
    }
    await eventually(() => assert.equal(ours(kiosk()).length, 1));
  });

  it("registers every command it contributes", async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    const manifest = vscode.extensions.getExtension("otp-audit.otp-audit")?.packageJSON as { contributes: { commands: { command: string }[] } };
    assert.deepEqual(manifest.contributes.commands.map(({ command }) => command).filter((command) => !known.has(command)), []);
  });

  it("keeps an audit, lists it, and the next report says what changed", async () => {
    await vscode.commands.executeCommand("otpAudit.keepAudit");
    const place = vscode.Uri.joinPath(folder(), ".otp_audit/runs");
    const names = (await vscode.workspace.fs.readDirectory(place)).map(([name]) => name);
    assert.equal(names.length, 1);
    assert.match(names[0] ?? "", /^\d{4}-\d\d-\d\dT.*\.json$/);
    await vscode.commands.executeCommand("otpAudit.copyReport");
    assert.match(await vscode.env.clipboard.readText(), /## Since the last audit[\s\S]*0 fixed[\s\S]*1 still there, 0 new/);
    await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder(), ".otp_audit"), { recursive: true });
  });

  it("hides what the baseline knows while only new findings are asked for", async () => {
    const baseline = vscode.Uri.joinPath(folder(), ".otp_audit_baseline.json");
    const [known] = api.findings();
    assert.ok(known);
    const entry = { ...(known as object), line: known.startLine };
    await vscode.workspace.fs.writeFile(baseline, new TextEncoder().encode(JSON.stringify({ tool: "otp-audit", format: 1, findings: [entry] })));
    await vscode.commands.executeCommand("otpAudit.showOnlyNew");
    await eventually(() => assert.deepEqual(api.findings(), []));
    assert.deepEqual(ours(kiosk()), []);
    await vscode.commands.executeCommand("otpAudit.showAllFindings");
    await eventually(() => assert.equal(api.findings().length, 1));
    await vscode.workspace.fs.delete(baseline);
  });
});
