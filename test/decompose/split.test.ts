import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { before, describe, it } from "mocha";
import { assignmentFrom, planOf, type Subject, subjectOf } from "../../src/decompose/plan/planner.ts";
import { modulesOf } from "../../src/decompose/read/module-source.ts";
import { nothingAround } from "../../src/decompose/read/surroundings.ts";
import { filesOf } from "../../src/decompose/transform/files.ts";
import { type FileChange, splitOf } from "../../src/decompose/transform/split.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { otpAudit } from "../support/command-line.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

function subject(source: string, file = "lib/shop.ex"): Subject {
  const [module] = modulesOf(parse(file, source));
  assert.ok(module);
  return subjectOf(file, module, nothingAround);
}

/** The files after moving groups (`Name: ["f", "g"]`) out of the module in `source`. */
function split(source: string, groups: Record<string, readonly string[]>): Record<string, string> {
  const extraction = splitOf(subject(source), new Map(Object.entries(groups).flatMap(([name, functions]) => functions.map((fn) => [fn, name] as const))));
  assert.ok(extraction.kind === "changes", extraction.kind === "refused" ? extraction.reasons.join(" ") : "");
  return Object.fromEntries(extraction.changes.map(({ path: name, after }) => [name, after ?? ""]));
}
function refusal(source: string, groups: Record<string, readonly string[]>): string {
  const extraction = splitOf(subject(source), new Map(Object.entries(groups).flatMap(([name, functions]) => functions.map((fn) => [fn, name] as const))));
  assert.equal(extraction.kind, "refused");
  return extraction.kind === "refused" ? extraction.reasons.join(" ") : "";
}

/** Compiles all files in one go, as Elixir does, and evaluates an expression; answers what both printed. */
function compiled(files: Record<string, string>, expression: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "otp-audit-split-"));
  try {
    const sources = Object.entries(files).map(([name, text], i) => {
      const target = path.join(folder, `${i}_${path.basename(name)}`);
      writeFileSync(target, text);
      return target;
    });
    const script = `{:ok, _, warnings} = Kernel.ParallelCompiler.compile(${JSON.stringify(sources)}, return_diagnostics: false)\nif warnings != [], do: raise(inspect(warnings))\nIO.inspect(${expression})`;
    return execFileSync("elixir", ["-e", script], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shop = (body: string, head = ""): string => `defmodule Shop do\n${head}${body}\nend\n`;

describe("a split module, compiled by Elixir", function () {
  this.timeout(120_000);

  it("keeps its exported functions, moves private helpers along, and answers as before", () => {
    const source = shop(`  @rate 19

  @doc "Adds tax."
  def total(net, opts \\\\ []), do: net + tax(net) + extra(opts)

  defp tax(net), do: div(net * @rate, 100)
  defp extra(opts), do: Keyword.get(opts, :tip, 0)

  def greet(name), do: "hello " <> name`);
    const files = split(source, { "Shop.Prices": ["total"] });
    const expression = "{Shop.__info__(:functions), Shop.total(100), Shop.total(100, tip: 5), Shop.greet(\"a\")}";
    assert.equal(compiled(files, expression), compiled({ "lib/shop.ex": source }, expression));
    assert.match(files["lib/shop.ex"] ?? "", /@doc "Adds tax\."\n {2}defdelegate total\(net, opts \\\\ \[\]\), to: Prices/);
    assert.doesNotMatch(files["lib/shop.ex"] ?? "", /@rate/);
    assert.match(files["lib/shop/prices.ex"] ?? "", /defp tax/);
  });

  it("makes a private function that two modules call public, without docs", () => {
    const source = shop(`  def a(x), do: twice(x) + 1
  def b(x), do: twice(x) - 1
  defp twice(x), do: x * 2`);
    const files = split(source, { "Shop.One": ["a", "twice"], "Shop.Two": ["b"] });
    assert.match(files["lib/shop/one.ex"] ?? "", /@doc false\n {2}def twice/);
    assert.match(files["lib/shop/two.ex"] ?? "", /One\.twice\(x\)/);
    assert.equal(compiled(files, "{Shop.__info__(:functions), Shop.a(2), Shop.b(2)}"), "{[a: 1, b: 1], 5, 3}");
  });

  it("keeps the old name where code says __MODULE__, and qualifies pipes and captures", () => {
    const source = shop(`  def start, do: {__MODULE__, :run, []}
  def run, do: [1, 2] |> Enum.map(&bump/1) |> sum()
  def bump(x), do: x + 1
  defp sum(list), do: Enum.sum(list)`);
    const files = split(source, { "Shop.Start": ["start"], "Shop.Run": ["run", "sum"] });
    assert.equal(compiled(files, "{Shop.start(), Shop.run()}"), "{{Shop, :run, []}, 5}");
  });

  it("carries aliases, requires, imports, private macros and inline lists that moved code needs", () => {
    const source = `import Bitwise, only: [band: 2, bor: 2]\n\n${shop(`  alias Enum, as: E
  alias String.Chars
  require Logger

  @compile {:inline, add: 2, flag: 1}

  defmacrop double(x), do: quote(do: unquote(x) * 2)

  def add(a, b), do: E.sum([a, double(b)])
  def flag(x), do: band(x, 1)
  def other(x), do: bor(x, 4)
  def text(x), do: Chars.to_string(x)`)}`;
    const files = split(source, { "Shop.Maths": ["add", "flag"] });
    assert.equal(compiled(files, "{Shop.add(1, 2), Shop.flag(3), Shop.other(1), Shop.text(5)}"), '{5, 1, 5, "5"}');
    assert.match(files["lib/shop/maths.ex"] ?? "", /import Bitwise, only: \[band: 2\]/);
    assert.match(files["lib/shop.ex"] ?? "", /import Bitwise, only: \[bor: 2\]/);
  });

  it("takes @dialyzer along with the functions it names, whose absence the compiler refuses", () => {
    const source = shop(`  def a(x), do: b(x)
  def other(x), do: c(x)

  @dialyzer {:nowarn_function, b: 1}
  defp b(x), do: x

  @dialyzer {:nowarn_function, [b: 1, c: 1]}
  @dialyzer no_match: [b: 1], no_return: [c: 1]
  defp c(x), do: x`);
    const files = split(source, { "Shop.A": ["a"] });
    assert.equal(compiled(files, "{Shop.a(1), Shop.other(2)}"), "{1, 2}");
    assert.match(files["lib/shop/a.ex"] ?? "", /@dialyzer \{:nowarn_function, \[b: 1\]\}/);
    assert.match(files["lib/shop.ex"] ?? "", /@dialyzer \{:nowarn_function, \[c: 1\]\}/);
  });

  it("writes one delegate for each arity where a default would hide a clause", () => {
    const source = shop(`  def open(list, how) when is_list(list), do: {:list, how}
  def open(door, key, opts \\\\ []), do: {door, key, opts}`.replace("open(door, key, opts \\\\ [])", "open(door, key, opts)"));
    const files = split(source, { "Shop.Doors": ["open"] });
    assert.equal(compiled(files, "{Shop.__info__(:functions), Shop.open([], 1), Shop.open(1, 2, 3)}"), "{[open: 2, open: 3], {:list, 1}, {1, 2, 3}}");
  });

  it("refuses a group whose module exists, and functions that must stay", () => {
    const source = shop(`  use GenServer
  def init(s), do: {:ok, s}
  def a(x), do: x`);
    assert.match(refusal(source, { "Shop.Init": ["init"] }), /Nothing of Shop would move/);
  });

  it("gives every module of a file its own, with the directives it uses", () => {
    const source = `alias String.Chars\n\ndefmodule Shop do\n  def a, do: Shop.Till.b()\nend\n\n# The till.\ndefmodule Shop.Till do\n  def b, do: Chars.to_string(1)\nend\n`;
    const extraction = filesOf(parse("lib/shop.ex", source), "lib/shop.ex", new Set());
    assert.ok(extraction.kind === "changes");
    const files = Object.fromEntries(extraction.changes.map(({ path: name, after }) => [name, after ?? ""]));
    assert.deepEqual(Object.keys(files), ["lib/shop.ex", "lib/shop/till.ex"]);
    assert.match(files["lib/shop/till.ex"] ?? "", /^alias String\.Chars\n\n# The till\.\ndefmodule Shop\.Till/);
    assert.equal(compiled({ ...files, "lib/shop.ex": (files["lib/shop.ex"] ?? "").replace("alias String.Chars\n", "") }, "Shop.a()"), '"1"');
  });

  it("splits the sample god module by each alternative, and it compiles without warnings", () => {
    const file = "lib/bakery/back_office.ex";
    const source = readFileSync(`examples/bakery/${file}`, "utf8");
    const money = readFileSync("examples/bakery/lib/bakery/back_office/money.ex", "utf8");
    const whole = subject(source, file);
    const plan = planOf(whole);
    const exported = compiled({ [file]: source, "money.ex": money }, "Bakery.BackOffice.__info__(:functions)");
    assert.ok(plan.alternatives.length >= 3);
    for (const alternative of plan.alternatives) {
      const extraction = splitOf(whole, assignmentFrom(whole.module, alternative));
      assert.ok(extraction.kind === "changes");
      const files = Object.fromEntries(extraction.changes.map((change: FileChange) => [change.path, change.after ?? ""]));
      assert.equal(compiled({ ...files, "money.ex": money }, "Bakery.BackOffice.__info__(:functions)"), exported, alternative.id);
    }
  });
});

describe("the command line, on a copy of the sample project", function () {
  this.timeout(60_000);

  it("splits, and takes it back byte for byte", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "otp-audit-decompose-"));
    try {
      cpSync("examples/bakery", folder, { recursive: true, filter: (source) => !/\/(_build|deps)$/.test(source) });
      const file = path.join(folder, "lib/bakery/back_office.ex");
      const before = readFileSync(file, "utf8");
      const run = async (...args: readonly string[]): Promise<string> => (await otpAudit(folder, args)).out;
      assert.match(await run("decompose", file, "--dry-run"), /Would write/);
      assert.equal(readFileSync(file, "utf8"), before);
      assert.match(await run("decompose", file), /Wrote/);
      assert.notEqual(readFileSync(file, "utf8"), before);
      assert.match(await run("decompose", folder, "--undo"), /Took back/);
      assert.equal(readFileSync(file, "utf8"), before);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
