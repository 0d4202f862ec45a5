import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { otpAudit } from "../support/command-line.ts";

const mix = `defmodule PostOffice.MixProject do
  use Mix.Project
  def project, do: [app: :post_office, version: "0.1.0", elixir: "~> 1.14"]
end
`;
const counter = `defmodule PostOffice.Counter do
  alias PostOffice.Stamps
  import PostOffice.Scales

  @doc "Takes a letter."
  def letter(text), do: {:letter, grams(text), Stamps.for_letter(text)}
  def card(text), do: {:card, grams(text), surcharge(text)}
  defp surcharge(text), do: grams(text) * 2

  def open(day), do: {:open, day}
  def close(day), do: {:closed, day}
  def hours(day), do: {open(day), close(day)}
  def holiday?(day), do: hours(day) == nil
end
`;
const others: Readonly<Record<string, string>> = {
  "mix.exs": mix,
  "lib/post_office/counter.ex": counter,
  "lib/post_office/stamps.ex": "defmodule PostOffice.Stamps do\n  def for_letter(text), do: div(String.length(text), 20) + 1\nend\n",
  "lib/post_office/scales.ex": "defmodule PostOffice.Scales do\n  def grams(text), do: String.length(text)\nend\n",
  "lib/post_office/clerk.ex": "defmodule PostOffice.Clerk do\n  alias PostOffice.Counter, as: Desk\n  def serve(text), do: {Desk.letter(text), text |> Desk.card(), &Desk.hours/1}\n  def later, do: {PostOffice.Counter, :close, [1]}\nend\n",
  "test/test_helper.exs": "ExUnit.start()\n",
  "test/counter_test.exs": 'defmodule CounterTest do\n  use ExUnit.Case\n  test "letters", do: assert {:letter, 2, 1} = PostOffice.Counter.letter("hi")\nend\n',
};
const plan = { groups: [{ module: "PostOffice.Counter.Mail", functions: ["letter/1", "card/1", "surcharge/1"] }, { module: "PostOffice.Counter.Hours", functions: ["open/1", "close/1", "hours/1", "holiday?/1"] }] };

describe("otp-audit decompose, on a project of its own", function () {
  this.timeout(180_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const text = (name: string): string => readFileSync(at(name), "utf8");
  const write = (name: string, content: string): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "otp-audit-post-office-"));
    for (const [name, content] of Object.entries(others)) write(name, content);
    write("plan.json", JSON.stringify(plan));
    write(".formatter.exs", '[inputs: ["lib/**/*.ex"], line_length: 40]\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const decompose = (...args: readonly string[]) => otpAudit(folder, ["decompose", "lib/post_office/counter.ex", ...args]);

  it("compiles and tests a split in a copy before it is written", async () => {
    const { code, out } = await decompose("--plan", "plan.json", "--verify", "--with-tests");
    assert.equal(code, 0, out);
    assert.match(out, /Compiled without new warnings; 1 test, 0 failures; PostOffice\.Counter exports what it did\./);
    assert.match(text("lib/post_office/counter/mail.ex"), /import PostOffice\.Scales/);
    assert.doesNotMatch(text("lib/post_office/counter/hours.ex"), /import|alias PostOffice\.Stamps/);
    assert.doesNotMatch(text("lib/post_office/counter.ex"), /import|Stamps/);
    assert.match(text("lib/post_office/counter/mail.ex"), /def letter\(text\),\n/, "new files are formatted as the project wants");
  });

  it("refuses a split that would fail a test, and writes nothing", async () => {
    write("test/place_test.exs", 'defmodule PlaceTest do\n  use ExUnit.Case\n  test "stands here", do: assert File.read!("lib/post_office/counter.ex") =~ "def open(day)"\nend\n');
    const { code, err } = await decompose("--plan", "plan.json", "--with-tests");
    assert.equal(code, 3);
    assert.match(err, /Nothing was written\. This test would fail: test stands here/);
    assert.equal(text("lib/post_office/counter.ex"), counter);
  });

  it("refuses to compare with a project that does not compile", async () => {
    write("lib/post_office/broken.ex", "defmodule PostOffice.Broken do\n  def a, do: b()\nend\n");
    const { code, err } = await decompose("--plan", "plan.json", "--verify");
    assert.equal(code, 3);
    assert.match(err, /does not compile as it is/);
  });

  it("applies one step of the plan", async () => {
    const { code, out } = await decompose("--plan", "plan.json", "--step", "1");
    assert.equal(code, 0, out);
    assert.equal((out.match(/\(new\)/g) ?? []).length, 1);
    assert.equal((await decompose("--plan", "plan.json", "--step", "9")).code, 2);
  });

  it("points callers at the new modules, and removes only delegates that nothing names", async () => {
    await decompose("--plan", "plan.json");
    const { code, out } = await decompose("--redirect", "--delegates", "remove");
    assert.equal(code, 0, out);
    assert.match(text("lib/post_office/clerk.ex"), /\{Desk\.Mail\.letter\(text\), text \|> Desk\.Mail\.card\(\), &Desk\.Hours\.hours\/1\}/);
    assert.match(text("test/counter_test.exs"), /PostOffice\.Counter\.Mail\.letter\("hi"\)/);
    assert.match(text("lib/post_office/counter.ex"), /defdelegate close\(day\)/, "an MFA names it");
    assert.doesNotMatch(text("lib/post_office/counter.ex"), /defdelegate (hours|holiday\?)/);
  });

  it("takes back what it wrote, byte for byte, and refuses when a file changed since", async () => {
    await decompose("--plan", "plan.json");
    write("lib/post_office/counter/mail.ex", `${text("lib/post_office/counter/mail.ex")}\n# mine\n`);
    assert.equal((await otpAudit(folder, ["decompose", ".", "--undo"])).code, 3);
    write("lib/post_office/counter/mail.ex", text("lib/post_office/counter/mail.ex").replace("\n# mine\n", ""));
    assert.equal((await otpAudit(folder, ["decompose", ".", "--undo"])).code, 0);
    assert.equal(text("lib/post_office/counter.ex"), counter);
    assert.throws(() => text("lib/post_office/counter/mail.ex"));
  });

  it("prints what it changed as JSON, with the hash of what it expected", async () => {
    const { out } = await decompose("--plan", "plan.json", "--dry-run", "--format", "json");
    const { applied, changes } = JSON.parse(out) as { readonly applied: boolean; readonly changes: readonly { readonly path: string; readonly kind: string; readonly before: string | null }[] };
    assert.equal(applied, false);
    assert.deepEqual(changes.map(({ path: name, kind, before }) => [name, kind, before !== null]), [["lib/post_office/counter.ex", "changed", true], ["lib/post_office/counter/hours.ex", "created", false], ["lib/post_office/counter/mail.ex", "created", false]]);
  });

  it("keeps a plan as a file and tells from the code what of it is done and what went stale", async () => {
    write(".otp_audit/plans/PostOffice.Counter.json", JSON.stringify({ tool: "otp-audit", format: 1, file: "lib/post_office/counter.ex", module: "PostOffice.Counter", alternative: "edited", step: "shape", ...plan, pins: [], applied: [] }));
    const show = async (): Promise<string> => (await otpAudit(folder, ["plan", "lib/post_office/counter.ex"])).out;
    assert.match(await show(), /The plan that is kept:\n {2}PostOffice\.Counter\.Mail: open\n {2}PostOffice\.Counter\.Hours: open/);
    assert.equal((await decompose("--plan", ".otp_audit/plans/PostOffice.Counter.json", "--step", "1")).code, 0);
    assert.match(await show(), /: done\n[^\n]*: open|: open\n[^\n]*: done/);
    assert.equal((await decompose("--plan", ".otp_audit/plans/PostOffice.Counter.json")).code, 0);
    const again = await decompose("--plan", ".otp_audit/plans/PostOffice.Counter.json");
    assert.equal(again.code, 3);
    assert.match(again.err, /moved already/);
  });

  it("divides finer or coarser as asked", async () => {
    const groups = async (granularity: string): Promise<number> => {
      const { alternatives } = JSON.parse((await otpAudit("examples/bakery", ["plan", "lib/bakery/back_office.ex", "--format", "json", "--granularity", granularity])).out) as { readonly alternatives: readonly { readonly id: string; readonly groups: readonly unknown[] }[] };
      assert.equal(alternatives[0]?.id, "granularity");
      return alternatives[0]?.groups.length ?? 0;
    };
    assert.ok((await groups("3")) > (await groups("0.2")));
    assert.equal((await otpAudit(folder, ["plan", "lib/post_office/counter.ex", "--granularity", "much"])).code, 2);
  });

  it("refuses a plan whose functions are gone", async () => {
    write("lib/post_office/counter.ex", counter.replace(/holiday\?/g, "closed?"));
    const { code, err } = await decompose("--plan", "plan.json");
    assert.equal(code, 3);
    assert.match(err, /moves holiday\?\/1 to PostOffice\.Counter\.Hours, and PostOffice\.Counter has no such function any more/);
  });

  it("writes the plan that is to be kept, so that a pull request shows it", async () => {
    const { alternatives } = JSON.parse((await otpAudit(folder, ["plan", "lib/post_office/counter.ex", "--format", "json"])).out) as { readonly alternatives: readonly { readonly id: string; readonly groups: readonly unknown[] }[] };
    const id = alternatives[0]?.id ?? "";
    assert.equal((await otpAudit(folder, ["plan", "lib/post_office/counter.ex", "--keep", id])).code, 0);
    const kept = JSON.parse(text(".otp_audit/plans/PostOffice.Counter.json")) as { readonly alternative: string; readonly groups: readonly unknown[] };
    assert.equal(kept.alternative, id);
    assert.equal(kept.groups.length, alternatives[0]?.groups.length);
  });

  it("keeps another plan in the place of one that is not begun, with its pins, and of no other", async () => {
    const place = ".otp_audit/plans/PostOffice.Counter.json";
    const { alternatives } = JSON.parse((await otpAudit(folder, ["plan", "lib/post_office/counter.ex", "--format", "json"])).out) as { readonly alternatives: readonly { readonly id: string }[] };
    const keep = () => otpAudit(folder, ["plan", "lib/post_office/counter.ex", "--keep", alternatives[0]?.id ?? ""]);
    const edited = { tool: "otp-audit", format: 1, file: "lib/post_office/counter.ex", module: "PostOffice.Counter", alternative: "edited", step: "apply", ...plan, pins: ["card/1"], applied: ["PostOffice.Counter.Mail"] };
    const left = async (content: string, sentence: RegExp): Promise<void> => {
      write(place, content);
      const { code, err } = await keep();
      assert.equal(code, 2);
      assert.match(err, sentence);
      assert.equal(text(place), content);
    };
    await left(JSON.stringify(edited), /The kept plan has written steps\. Undo them in the walk, or delete the file, then keep another\./);
    await left(JSON.stringify({ ...edited, format: 9 }), /was written by a newer OTP Audit\. Update OTP Audit; the file is left as it is\./);
    await left("<<<<<<< HEAD", /is not JSON, perhaps after a merge conflict/);
    write(place, JSON.stringify({ ...edited, applied: [] }));
    assert.equal((await keep()).code, 0);
    const kept = JSON.parse(text(place)) as { readonly alternative: string; readonly pins: readonly string[] };
    assert.deepEqual({ alternative: kept.alternative, pins: kept.pins }, { alternative: alternatives[0]?.id, pins: ["card/1"] });
  });

  it("splits by no plan of a later version, and by none without groups", async () => {
    write("plan.json", JSON.stringify({ ...plan, tool: "otp-audit", format: 2 }));
    const newer = await decompose("--plan", "plan.json");
    assert.equal(newer.code, 2);
    assert.match(newer.err, /was written by a newer OTP Audit/);
    write("plan.json", JSON.stringify({ groups: [{ module: "PostOffice.Counter.Mail" }] }));
    assert.match((await decompose("--plan", "plan.json")).err, /has no list of groups/);
    assert.equal(text("lib/post_office/counter.ex"), counter);
  });

  it("takes the umbrella for the project, so that no app's module is named twice", async () => {
    write("mix.exs", "defmodule Post.MixProject do\n  use Mix.Project\n  def project, do: [apps_path: \"apps\", version: \"0.1.0\"]\nend\n");
    write("apps/front/mix.exs", mix);
    write("apps/front/lib/counter.ex", counter);
    write("apps/back/mix.exs", mix);
    write("apps/back/lib/mail.ex", "defmodule PostOffice.Counter.Mail do\nend\n");
    const { code, err } = await otpAudit(folder, ["decompose", "apps/front/lib/counter.ex", "--plan", "plan.json"]);
    assert.equal(code, 3);
    assert.match(err, /There is a module PostOffice\.Counter\.Mail already/);
  });
});
