import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { Finding, ReadyFix } from "../../src/engine/finding.ts";
import { LiveRun } from "../../src/engine/live-run.ts";
import { fits, withEdits } from "../../src/engine/ready-fix.ts";
import type { Rule } from "../../src/engine/rule.ts";
import { runRules } from "../../src/engine/run.ts";
import { Workspace } from "../../src/model/workspace.ts";
import { rules } from "../../src/rules/index.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";
import { casesOf, withoutMarks } from "../support/specification.ts";

type Files = ReadonlyMap<string, string>;
type Example = { readonly name: string; readonly files: Files; readonly options: Readonly<Record<string, unknown>> | undefined; readonly fixed: string | undefined };

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

/** All code of a rule's own in which it speaks: bad examples and the cases of its specification. */
function examplesOf(rule: Rule): readonly Example[] {
  const path = rule.family === "tests" ? "test/example_test.exs" : "lib/example.ex";
  const bad = rule.bad.map((source, i): Example => ({ name: `bad example ${i + 1}`, files: new Map([[path, withoutMarks(source).source]]), options: undefined, fixed: undefined }));
  const cases = casesOf(readFileSync(`test/rules/${rule.id}.md`, "utf8")).filter(({ files }) => files.some(({ marks }) => marks.length > 0));
  return [...bad, ...cases.map(({ name, files, options, fixed }): Example => ({ name, files: new Map(files.map(({ path: file, source }) => [file, source])), options, fixed }))];
}

function findingsIn(files: Files, options: Example["options"], rule: Rule): readonly Finding[] {
  const trees = [...files].map(([path, source]) => parse(path, source));
  for (const tree of trees) assert.deepEqual(tree.data.errors, [], `${tree.path} does not parse:\n${tree.source}`);
  return runRules(new Workspace(trees), { rules, ...(options === undefined ? {} : { optionsOf: (id: string) => (id === rule.id ? options : {}) }) }).findings;
}

const fixed = (files: Files, fix: ReadyFix): Files => {
  const after = new Map(files);
  for (const file of fix.files) {
    const text = files.get(file.file) ?? "";
    assert.ok(fits(file, text), "the edits are for the analysed text");
    after.set(file.file, withEdits(text, file.edits));
  }
  return after;
};

/** How many findings a rule has in a function: the edit may move them and change their code. */
const counted = (findings: readonly Finding[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { rule, module, function: name } of findings) counts.set(`${rule} in ${module}.${name}`, (counts.get(`${rule} in ${module}.${name}`) ?? 0) + 1);
  return counts;
};

type Edited = { readonly example: Example; readonly finding: Finding; readonly fix: ReadyFix; readonly found: readonly Finding[]; readonly after: Files };

/** Every edit of a rule over its own code, with what it makes of the files. */
function* editsOf(rule: Rule, examples = examplesOf(rule)): Generator<Edited> {
  for (const example of examples) {
    const found = findingsIn(example.files, example.options, rule);
    for (const finding of found) if (finding.rule === rule.id) for (const fix of finding.fix?.ready ?? []) yield { example, finding, fix, found, after: fixed(example.files, fix) };
  }
}

const fixing = rules.filter(({ fix }) => fix.ready !== undefined);

function assertMended(rule: Rule, { example, finding, fix, found, after }: Edited): void {
  const left = findingsIn(after, example.options, rule);
  const [was, is] = [counted(found), counted(left)];
  const key = `${finding.rule} in ${finding.module}.${finding.function}`;
  const text = `${example.name}, ${fix.title}\n${[...after.values()].join("\n")}`;
  assert.ok((is.get(key) ?? 0) < (was.get(key) ?? 0), `still there: ${text}`);
  for (const [place, count] of is) assert.ok(count <= (was.get(place) ?? 0), `new: ${place}: ${text}`);
}

describe("text edits", () => {
  for (const rule of rules)
    it(`${rule.id} ${rule.fix.ready === undefined ? "has none" : "mends its finding, and brings no other"}`, () => {
      const edits = [...editsOf(rule)];
      assert.equal(edits.length > 0, rule.fix.ready !== undefined, "`fix.ready` of a rule says whether it writes edits");
      for (const edited of edits) assertMended(rule, edited);
      for (const example of new Set(edits.map((edit) => edit.example))) if (example.fixed !== undefined) assert.equal([...(edits.find((edit) => edit.example === example)?.after.values() ?? [])][0], example.fixed, example.name);
      if (rule.fix.ready !== undefined) assert.ok(edits.some(({ example }) => example.fixed !== undefined), "a case of the specification shows an edit, with a fence ```elixir fixed");
    });
  for (const rule of fixing)
    it(`${rule.id} mends code whose lines end with CRLF, and leaves no other line end in it`, () => {
      const withReturns = examplesOf(rule).map((example): Example => ({ ...example, files: new Map([...example.files].map(([path, source]) => [path, source.replaceAll("\n", "\r\n")])) }));
      const edits = [...editsOf(rule, withReturns)];
      assert.equal(edits.length, [...editsOf(rule)].length);
      for (const edited of edits) {
        assertMended(rule, edited);
        for (const text of edited.after.values()) assert.doesNotMatch(text, /(?<!\r)\n/);
      }
    });
  it("follow edits elsewhere in the file, so that they fit the text as it is", () => {
    for (const rule of fixing)
      for (const { files, options } of examplesOf(rule)) {
        const live = LiveRun.start(new Workspace([...files].map(([path, source]) => parse(path, source))), { rules: fixing });
        const now = new Map(files);
        for (const [path, source] of options === undefined ? files : [])
          for (const text of [`${source}\n# a note`, `# a note\n${source}`, source.replace(/\n {4}/, "\n    # a note\n    ")]) {
            now.set(path, text);
            assert.ok(live.edit([[path, parse(path, text)]]));
            assert.deepEqual(live.result.findings, runRules(new Workspace([...now].map(([other, its]) => parse(other, its))), { rules: fixing }).findings);
          }
      }
  });
  it("are shown only where there are some", () => {
    for (const rule of rules) for (const { name, fixed } of examplesOf(rule)) if (fixed !== undefined) assert.ok([...editsOf(rule)].some(({ example }) => example.name === name), `${rule.id}: ${name}`);
  });
});

/**
 * Compiles each text before and after its edit, those that compile at all before it, and formats those that were formatted.
 * Prints a line for each flaw, and at the end how many pairs were compiled and how many were formatted before.
 */
const script = String.raw`
[folder] = System.argv()
warned = fn source ->
  ExUnit.CaptureIO.capture_io(:stderr, fn ->
    result = try do {:ok, Code.compile_string(source)} rescue error -> {:error, error} end
    with {:ok, modules} <- result, do: Enum.each(modules, fn {module, _} -> :code.purge(module); :code.delete(module) end)
    send(self(), {:result, match?({:ok, _}, result), inspect(result, limit: 3)})
  end)
end
ask = fn source ->
  warnings = warned.(source)
  receive do {:result, ok, text} -> {ok, text, length(String.split(warnings, "warning:"))} end
end
formatted = fn source -> IO.iodata_to_binary([Code.format_string!(source), "\n"]) == source end
Application.ensure_all_started(:ex_unit)
counts = for before <- Path.wildcard(Path.join(folder, "*.before")), reduce: {0, 0} do
  {compiled, tidy} ->
    name = Path.rootname(before)
    [old, new] = [File.read!(before), File.read!(name <> ".after")]
    {was, _, old_warnings} = ask.(old)
    {is, text, new_warnings} = if was, do: ask.(new), else: {false, "", 0}
    if was and not is, do: IO.puts("flaw: #{name} no longer compiles: #{text}")
    if is and new_warnings > old_warnings, do: IO.puts("flaw: #{name} compiles with a new warning")
    neat = formatted.(old)
    if neat and not formatted.(new), do: IO.puts("flaw: #{name} is no longer formatted")
    {compiled + if(is, do: 1, else: 0), tidy + if(neat, do: 1, else: 0)}
end
IO.puts("compiled #{elem(counts, 0)}, formatted #{elem(counts, 1)}")
`;

const run = (...args: readonly string[]): Promise<string> => new Promise((resolve, reject) => execFile("elixir", args, { timeout: 110_000 }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(`${stdout}${stderr}`)))));

describe("text edits, compiled by Elixir as part of the proofs of what rules claim", function () {
  this.timeout(120_000);
  it("give code that compiles without a new warning and stays formatted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "otp-audit-fixes-"));
    try {
      let pairs = 0;
      for (const rule of fixing)
        for (const { fix, example, after } of editsOf(rule)) {
          const [file] = fix.files;
          if (file === undefined || example.files.size > 1) continue;
          writeFileSync(join(folder, `${rule.id}-${++pairs}.before`), example.files.get(file.file) ?? "");
          writeFileSync(join(folder, `${rule.id}-${pairs}.after`), after.get(file.file) ?? "");
        }
      writeFileSync(join(folder, "compile.exs"), script);
      const printed = await run(join(folder, "compile.exs"), folder);
      assert.deepEqual(printed.split("\n").filter((line) => line.startsWith("flaw: ")), []);
      const compiled = Number(/compiled (\d+)/.exec(printed)?.[1]);
      assert.ok(compiled >= pairs / 2, `${printed}of ${pairs}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
