import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { otpAudit } from "../support/command-line.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const run = (folder: string, ...args: string[]): void => void execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], { cwd: folder, stdio: "pipe" });

function repository(files: Readonly<Record<string, string>>): string {
  const folder = folderWith(files);
  run(folder, "init", "-q", "-b", "main");
  run(folder, "add", "-A");
  run(folder, "commit", "-qm", "first");
  return folder;
}
const files = async (folder: string, ...args: string[]): Promise<readonly string[]> => {
  const { out, err } = await otpAudit(folder, ["scan", ".", "--format", "json", ...args]);
  assert.equal(err, "");
  return JSON.parse(out).findings.map(({ file }: { file: string }) => file);
};

describe("--since", () => {
  it("says nothing of lines that did not change", async () => {
    const folder = repository({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": "1\n" });
    writeFileSync(join(folder, "lib/till.ex"), "2\n");
    writeFileSync(join(folder, "lib/oven.ex"), `${selfCalling("Oven")}# the end\n`);
    assert.deepEqual(await files(folder, "--since", "HEAD"), []);
  });
  it("reports changed lines, lines on the path to a finding, and new files", async () => {
    const folder = repository({ "lib/oven.ex": selfCalling("Oven").replace("    heat()\n", ""), "lib/till.ex": selfCalling("Till") });
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Oven"));
    writeFileSync(join(folder, "lib/ähre.ex"), selfCalling("Shelf"));
    assert.deepEqual(await files(folder, "--since", "HEAD"), ["lib/oven.ex", "lib/ähre.ex"]);
  });
  it("takes no file for new that git is told to ignore outside of .gitignore", async () => {
    const folder = repository({ "lib/till.ex": "1\n" });
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Oven"));
    writeFileSync(join(folder, "lib/shelf.ex"), selfCalling("Shelf"));
    writeFileSync(join(folder, ".git/info/exclude"), "lib/oven.ex\n");
    assert.deepEqual(await files(folder, "--since", "HEAD"), ["lib/shelf.ex"]);
  });
  it("compares with the commit where the branch was left, and with a subfolder's own paths", async () => {
    const folder = repository({ "apps/a/lib/oven.ex": "1\n" });
    run(folder, "checkout", "-qb", "work");
    writeFileSync(join(folder, "apps/a/lib/oven.ex"), selfCalling("Oven"));
    run(folder, "commit", "-qam", "second");
    run(folder, "checkout", "-q", "main");
    writeFileSync(join(folder, "other.ex"), selfCalling("Other"));
    run(folder, "add", "-A");
    run(folder, "commit", "-qm", "third");
    run(folder, "checkout", "-q", "work");
    assert.deepEqual(await files(folder, "--since", "main"), ["apps/a/lib/oven.ex"]);
    assert.deepEqual(await files(join(folder, "apps/a"), "--since", "main"), ["lib/oven.ex"]);
  });
  it("reports changed files whole when asked to", async () => {
    const folder = repository({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": selfCalling("Till") });
    writeFileSync(join(folder, "lib/oven.ex"), `${selfCalling("Oven")}# the end\n`);
    assert.deepEqual(await files(folder, "--since", "HEAD", "--whole-files"), ["lib/oven.ex"]);
    assert.equal((await otpAudit(folder, ["scan", ".", "--whole-files"])).err, "--whole-files goes with --since or --staged: it reports changed files whole.\n");
  });
  it("knows a renamed file with an odd name, changed in one line", async () => {
    const folder = repository({ "lib/oven.ex": selfCalling("Oven") });
    run(folder, "mv", "lib/oven.ex", 'lib/"große" öfen.ex');
    writeFileSync(join(folder, 'lib/"große" öfen.ex'), selfCalling("Oven").replace("defp heat, do: ", "defp heat,  do: "));
    assert.deepEqual(await files(folder, "--since", "HEAD"), ['lib/"große" öfen.ex']);
  });
  it("works at a detached head and says what a shallow clone lacks", async () => {
    const folder = repository({ "lib/oven.ex": "1\n" });
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Oven"));
    run(folder, "commit", "-qam", "second");
    run(folder, "checkout", "-q", "--detach", "HEAD");
    assert.deepEqual(await files(folder, "--since", "HEAD~1"), ["lib/oven.ex"]);
    assert.match((await otpAudit(folder, ["scan", ".", "--format", "markdown"])).out, /- Commit: [0-9a-f]{12}, no uncommitted Elixir files/);
    const shallow = folderWith({});
    run(shallow, "clone", "-q", "--depth", "1", `file://${folder}`, "clone");
    const { code, err } = await otpAudit(join(shallow, "clone"), ["scan", ".", "--since", "HEAD~1"]);
    assert.equal(code, 2);
    assert.match(err, /^git knows no revision HEAD~1 here\. Check its name; in a shallow clone, fetch it first/);
  });
  it("tells in the report whether the line of what is fixed was changed, and in which commit", async () => {
    const oven = (init: string, rescue: string): string => `defmodule Oven do\n  use GenServer\n  def init(_) do\n    :telemetry.attach("oven", [:oven], &Oven.note/4, nil)${init}\n    {:ok, nil}\n  end\n  def handle_call(:heat, _from, state), do: ${rescue}\n  def heat, do: GenServer.call(__MODULE__, :heat)\n  def note(_, _, _, _), do: :ok\n  def terminate(_, _), do: :telemetry.detach("oven")\nend\n`;
    const folder = repository({ "lib/oven.ex": oven("", "{:reply, GenServer.call(self(), :heat), state}") });
    await otpAudit(folder, ["scan", ".", "--record"]);
    writeFileSync(join(folder, "lib/oven.ex"), oven("\n    Process.flag(:trap_exit, true)", "{:reply, :ok, state}"));
    const report = async (): Promise<string> => (await otpAudit(folder, ["scan", ".", "--format", "markdown"])).out;
    assert.match(await report(), /\| fixed \| `cleanup-never-runs` \| lib\/oven\.ex:10 \| no finding of the rule in terminate\/2 any more \|/, "uncommitted changes are not known to git's commits");
    run(folder, "commit", "-qam", "Trap exits, answer at once");
    const out = await report();
    assert.match(out, /\| fixed \| `cleanup-never-runs` \| lib\/oven\.ex:10 \| no finding of the rule in terminate\/2 any more; the line itself did not change \|/);
    assert.match(out, /\| fixed \| `self-call` \| lib\/oven\.ex:7 \| no finding of the rule in handle_call\/3 any more; the line changed in [0-9a-f]{10} \(Trap exits, answer at once\) \|/);
  });
  it("says in the report that a shallow clone lacks the commit of the last audit", async () => {
    const folder = repository({ "lib/oven.ex": "1\n" });
    await otpAudit(folder, ["scan", ".", "--record"]);
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Oven"));
    run(folder, "add", "-A");
    run(folder, "commit", "-qam", "second");
    const missing = /- Tests were not compared with the last audit: git does not have its commit [0-9a-f]{12} here \(in a shallow clone, fetch it\)\./;
    assert.doesNotMatch((await otpAudit(folder, ["scan", ".", "--format", "markdown"])).out, missing);
    const shallow = folderWith({});
    run(shallow, "clone", "-q", "--depth", "1", `file://${folder}`, "clone");
    const { out } = await otpAudit(join(shallow, "clone"), ["scan", ".", "--format", "markdown"]);
    assert.match(out, /had 0 findings: 0 fixed, 0 still there, \d+ new\./);
    assert.match(out, missing);
  });
  it("says what is missing without git or with an unknown revision", async () => {
    const { code, err } = await otpAudit(folderWith({}), ["scan", ".", "--since", "main"]);
    assert.equal(code, 2);
    assert.match(err, /^--since needs git, and .* cannot be asked: not a git repository/);
    assert.match((await otpAudit(repository({ "a.ex": "1" }), ["scan", ".", "--since", "mian"])).err, /^git knows no revision mian here\. Check its name; in a shallow clone, fetch it first/);
  });
});

describe("--staged", () => {
  it("reads files as they are staged and reports staged lines only", async () => {
    const folder = repository({ "lib/oven.ex": "1\n", "lib/till.ex": "1\n" });
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Oven"));
    run(folder, "add", "lib/oven.ex");
    writeFileSync(join(folder, "lib/oven.ex"), "1\n");
    writeFileSync(join(folder, "lib/till.ex"), selfCalling("Till"));
    assert.deepEqual(await files(folder, "--staged"), ["lib/oven.ex"]);
  });
});
