import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { planOf, subjectOf } from "../../src/decompose/plan/planner.ts";
import { modulesOf } from "../../src/decompose/read/module-source.ts";
import { nothingAround, type Surroundings } from "../../src/decompose/read/surroundings.ts";
import { filesOf } from "../../src/decompose/transform/files.ts";
import { splitOf } from "../../src/decompose/transform/split.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";
import { type ElixirAnswer, elixirAnswers } from "../support/split-cases.ts";

/** A module `Bakery` that is split, and an expression that must answer the same before and after. */
type Moves = {
  readonly what: string;
  readonly source: string;
  /** Units by the last name of their new module. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly expression: string;
  /** Files that stand beside it and do not change. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly shows?: readonly (readonly [file: string, pattern: RegExp])[];
  readonly hides?: readonly (readonly [file: string, pattern: RegExp])[];
};

const bakery = (body: string, head = ""): string => `${head}defmodule Bakery do\n${body}\nend\n`;
const OLD = "lib/bakery.ex";

const moves: readonly Moves[] = [
  {
    what: "promotes a private function by name and arity, not the public one of the same name (row 1)",
    source: bakery(`  def bake(dough, oven), do: bake(dough, oven, 20, [], :plain)
  defp bake(dough, oven, minutes, extras, kind), do: {dough, oven, minutes, extras, kind}
  def toast(bread), do: bake(bread, :grill, 3, [], :toast)`),
    groups: { Ovens: ["bake"], Grill: ["toast"] },
    expression: "{Bakery.bake(1, 2), Bakery.toast(3), function_exported?(Bakery, :bake, 5)}",
  },
  {
    what: "qualifies pipes, captures and calls by arity, and leaves Kernel functions of the same name alone (row 2)",
    source: bakery(`  import Kernel, except: [round: 1]
  def order(list), do: list |> Enum.map(&weigh/1) |> sum |> weigh(2) |> then(&weigh(&1, 1))
  def weigh(x, y \\\\ 1), do: x * y
  def round(x), do: Kernel.round(x) + abs(-1)
  defp sum(list), do: Enum.sum(list)`),
    groups: { Orders: ["order", "sum"], Scales: ["weigh", "round"] },
    expression: "{Bakery.order([1, 2]), Bakery.weigh(3), Bakery.round(1.4)}",
  },
  {
    what: "takes a bound name for a variable, not for the function of that name (row 3)",
    source: bakery(`  def rate, do: 7
  def tax(rate), do: rate * 2
  def total(net) do
    rate = rate()
    net + rate
  end`),
    groups: { Tax: ["tax", "total"], Rates: ["rate"] },
    expression: "{Bakery.rate(), Bakery.tax(2), Bakery.total(1)}",
  },
  {
    what: "reads sizes and types in bitstrings, fields and keyword keys as what they are (row 4)",
    source: bakery(`  def size(n), do: n + 1
  def label(n, text), do: <<n::size(n), text::binary>>
  def note(map), do: {map.size, [size: 1], %{size: 2}}`),
    groups: { Labels: ["label", "note"], Sizes: ["size"] },
    expression: 'Bakery.size(1); {Bakery.label(8, "a"), Bakery.note(%{size: 4})}',
  },
  {
    what: "keeps the old module's name for tables, processes and MFAs (row 5)",
    source: bakery(`  def open, do: :ets.new(__MODULE__, [:named_table, :public])
  def spec, do: {__MODULE__, :open, []}
  def run, do: apply(__MODULE__, :price, [2])
  def shelf, do: __MODULE__.Shelf
  def price(x), do: x * 3`),
    groups: { Tables: ["open", "spec"], Runs: ["run", "shelf"] },
    expression: "{Bakery.open(), :ets.delete(Bakery), Bakery.spec(), Bakery.run(), Bakery.shelf()}",
  },
  {
    what: "writes the old module's struct by its name (rows 6 and 28)",
    source: bakery(`  defstruct [:name, price: 1]
  def new(name), do: %__MODULE__{name: name}
  def raise_price(%__MODULE__{price: price} = loaf), do: %{loaf | price: price + 1}
  def cheap?(%Bakery{price: price}), do: price < 3`),
    groups: { Loaves: ["new", "raise_price", "cheap?"] },
    expression: '{Bakery.new("rye"), Bakery.raise_price(Bakery.new("a")), Bakery.cheap?(Bakery.new("b"))}',
    shows: [[OLD, /defstruct/]],
  },
  {
    what: "copies the attributes that moved code reads with those they are made of, and drops what nobody reads (row 7)",
    source: bakery(`  @base 10
  @table %{rye: @base, wheat: @base + 1}
  @note "open"
  def price(kind), do: @table[kind]
  def note, do: @note`),
    groups: { Prices: ["price"] },
    expression: "{Bakery.price(:wheat), Bakery.note()}",
    shows: [["lib/bakery/prices.ex", /@base 10\n {2}@table/]],
    hides: [[OLD, /@base|@table/], ["lib/bakery/prices.ex", /@note/]],
  },
  {
    what: "keeps deprecations and versions on the facade, where callers meet them (row 9)",
    source: bakery(`  @compile {:inline, tax: 1}
  @doc since: "1.2.0"
  @deprecated "Use total/1"
  def sum(x), do: tax(x)
  defp tax(x), do: x + 1
  def total(x), do: x`),
    groups: { Sums: ["sum"] },
    expression: "{Bakery.__info__(:deprecated), apply(Bakery, :sum, [1])}",
    shows: [["lib/bakery/sums.ex", /inline, \[tax: 1\]/], [OLD, /@deprecated "Use total\/1"\n {2}defdelegate sum/]],
    hides: [[OLD, /inline/], ["lib/bakery/sums.ex", /@deprecated/]],
  },
  {
    what: "carries the aliases that are used, out of lists, by other names and through each other (row 10)",
    source: bakery(`  alias Pantry.{Flour, Salt}
  alias Pantry.Flour.Mill, as: Stone
  alias __MODULE__.Shelf
  def mix, do: {Flour.kind(), Stone.kind()}
  def season, do: Salt.kind()
  def shelf, do: Shelf`, ""),
    beside: { "lib/pantry.ex": "defmodule Pantry.Flour do\n  def kind, do: :flour\nend\ndefmodule Pantry.Flour.Mill do\n  def kind, do: :stone\nend\ndefmodule Pantry.Salt do\n  def kind, do: :salt\nend\n" },
    groups: { Mixes: ["mix", "shelf"] },
    expression: "{Bakery.mix(), Bakery.season(), Bakery.shelf()}",
    hides: [[OLD, /Stone|Flour/], ["lib/bakery/mixes.ex", /Salt/]],
  },
  {
    what: "carries imports, whole and by name, and the exceptions of Kernel (row 11)",
    source: bakery(`  import Enum, only: [map: 2, sum: 1]
  import Kernel, except: [length: 1]
  def total(list), do: sum(list)
  def double(list), do: map(list, &(&1 * 2))
  def length(list), do: Enum.count(list)`),
    groups: { Totals: ["total"], Lengths: ["length"] },
    expression: "{Bakery.total([1, 2]), Bakery.double([1]), Bakery.length([1])}",
    shows: [["lib/bakery/totals.ex", /only: \[sum: 1\]/], [OLD, /only: \[map: 2\]/]],
  },
  {
    what: "carries a require and the name it gives (row 12)",
    source: bakery(`  require Integer, as: Whole
  require Logger
  def even?(x), do: Whole.is_even(x)
  def log(x), do: Logger.debug("x: #{x}")`),
    groups: { Numbers: ["even?"] },
    expression: "{Bakery.even?(2), Bakery.log(1)}",
    hides: [[OLD, /Integer/], ["lib/bakery/numbers.ex", /Logger/]],
  },
  {
    what: "delegates with defaults, and without them where a default meets another clause (row 15)",
    source: bakery(`  @tip 2
  def total(net, tip \\\\ @tip, opts \\\\ [tax: rate()]), do: net + tip + opts[:tax]
  defp rate, do: 5
  def open(door), do: {:door, door}
  def open(door, key, code \\\\ 0), do: {door, key, code}`),
    groups: { Sums: ["total"], Doors: ["open"] },
    expression: "{Bakery.total(1), Bakery.total(1, 1), Bakery.total(1, 1, tax: 0), Bakery.open(1), Bakery.open(1, 2), Bakery.open(1, 2, 3)}",
  },
  {
    what: "moves all clauses in order with their guards and comments (rows 16 and 34)",
    source: bakery(`  # Rye comes first.
  def kind(:rye), do: 1
  # Then whatever is counted.
  def kind(n) when is_integer(n) and n > 2, do: 2 # many
  def other, do: :other
  def fallback(x), do: kind(x)`),
    groups: { Kinds: ["kind"] },
    expression: "{Bakery.kind(:rye), Bakery.kind(3), Bakery.fallback(:rye), Bakery.other()}",
    shows: [["lib/bakery/kinds.ex", /# Rye comes first\.\n {2}@doc false\n {2}def kind\(:rye\)/], ["lib/bakery/kinds.ex", /# Then whatever is counted\./], ["lib/bakery/kinds.ex", /# many/]],
  },
  {
    what: "leaves docs and doctests on the facade, once for each function (rows 17 and 38)",
    source: bakery(`  @doc """
  Adds.

      iex> Bakery.add(1, 2)
      3
  """
  def add(a, b)
  def add(a, b) when is_integer(a), do: a + b
  def add(a, b), do: {a, b}`),
    groups: { Sums: ["add"] },
    expression: "{Bakery.add(1, 2), Bakery.add(:a, 1)}",
    shows: [[OLD, /iex> Bakery\.add\(1, 2\)[\s\S]*defdelegate add\(a, b\)/], ["lib/bakery/sums.ex", /@doc false/]],
    hides: [["lib/bakery/sums.ex", /iex>/]],
  },
  {
    what: "writes specs in both places, qualifies local types and opens private ones (row 18)",
    source: bakery(`  @type loaf :: {atom(), price()}
  @typep price :: integer()
  @typedoc "Many."
  @type basket(item) :: [item]
  @spec bake(kind :: atom(), price()) :: loaf
  def bake(kind, price), do: {kind, price}
  @spec all(basket(loaf())) :: basket(item) when item: loaf()
  def all(list), do: list`),
    groups: { Loaves: ["bake", "all"] },
    expression: "{Bakery.bake(:rye, 2), Bakery.all([])}",
    shows: [["lib/bakery/loaves.ex", /@spec bake\(kind :: atom\(\), Bakery\.price\(\)\) :: Bakery\.loaf\(\)/], ["lib/bakery/loaves.ex", /Bakery\.basket\(item\) when item: Bakery\.loaf\(\)/], [OLD, /@typedoc false\n {2}@type price/]],
  },
  {
    what: "requires the old module where moved code uses its public macros and guards (row 21)",
    source: bakery(`  defmacro double(x), do: quote(do: unquote(x) * 2)
  defguard is_big(x) when is_integer(x) and x > 10
  def size(x) when is_big(x), do: :big
  def size(x), do: double(x)`),
    groups: { Sizes: ["size"] },
    expression: "{Bakery.size(11), Bakery.size(2)}",
    shows: [["lib/bakery/sizes.ex", /require Bakery/]],
  },
  {
    what: "copies private macros and guards to where they are used, with those they use themselves (row 22)",
    source: bakery(`  defguardp is_small(x) when x < 3
  defmacrop twice(x), do: quote(do: unquote(x) + unquote(x))
  defmacrop fail(x), do: quote(do: {:error, note(unquote(x))})
  def a(x) when is_small(x), do: twice(x)
  def a(x), do: fail(x)
  def b(x) when is_small(x), do: x
  def b(_), do: 0
  defp note(x), do: {:note, x}`),
    groups: { Ones: ["a"] },
    expression: "{Bakery.a(1), Bakery.a(5), Bakery.b(1)}",
    hides: [[OLD, /twice/]],
  },
  {
    what: "leaves nested modules where they are and names them in full (row 26)",
    source: bakery(`  defmodule Shelf do
    defstruct loaves: 0
    def new, do: %Shelf{}
  end
  alias Bakery.Shelf
  def shelf, do: Shelf.new()
  def fill(%Shelf{} = shelf, n), do: %Shelf{shelf | loaves: n}`.replace("%Shelf{}\n  end\n  alias Bakery.Shelf\n", "%__MODULE__{}\n  end\n\n")),
    groups: { Shelves: ["shelf", "fill"] },
    expression: "Bakery.fill(Bakery.shelf(), 3)",
    shows: [[OLD, /defmodule Shelf do/], ["lib/bakery/shelves.ex", /alias Bakery\.Shelf/]],
  },
  {
    what: "keeps names that others reach by apply, as text or from configuration (row 39)",
    source: bakery(`  def handler, do: {Bakery, :run, 1}
  def run(x), do: apply(Bakery, :step, [x])
  def step(x), do: x + 1
  def named(name), do: apply(String.to_existing_atom("Elixir.Bakery"), String.to_existing_atom(name), [1])`),
    groups: { Runs: ["run", "step"], Handlers: ["handler", "named"] },
    expression: '{Bakery.handler(), Bakery.run(1), Bakery.named("step")}',
  },
  {
    what: "leaves no default behind that nobody uses once its callers are elsewhere (row 37)",
    source: bakery(`  def a(x), do: pad(x)
  def b(x), do: pad(x, 2)
  defp pad(x, n \\\\ 1), do: {x, n}`),
    groups: { Pads: ["a", "pad"], Others: ["b"] },
    expression: "{Bakery.a(1), Bakery.b(1)}",
  },
  {
    what: "moves what a record, made in the module body, does not reach, and keeps what it does (row 41)",
    source: bakery(`  require Record
  Record.defrecordp(:loaf, kind: nil, price: 0)
  def new(kind), do: loaf(kind: kind)
  def price(x), do: loaf(x, :price)
  def tax(x), do: x * 2`),
    groups: { Taxes: ["tax"] },
    expression: "{Bakery.price(Bakery.new(:rye)), Bakery.tax(2)}",
  },
];

/** A function that must stay, and why. */
type Stays = { readonly what: string; readonly source: string; readonly unit: string; readonly because: RegExp };

const stays: readonly Stays[] = [
  { what: "an attribute whose value calls a function (row 8)", source: bakery("  @now DateTime.utc_now()\n  def a, do: @now"), unit: "a", because: /@now.*DateTime\.utc_now/ },
  { what: "an attribute that is set again between functions (row 8)", source: bakery("  @step 1\n  def a, do: @step\n  @step 2\n  def b, do: @step"), unit: "a", because: /set more than once/ },
  { what: "an attribute that collects (row 8)", source: bakery("  Module.register_attribute(__MODULE__, :kinds, accumulate: true)\n  @kinds :rye\n  def a, do: @kinds"), unit: "a", because: /collects values/ },
  { what: "an attribute read from a file (row 8)", source: bakery('  @external_resource "a.txt"\n  @text File.read!("a.txt")\n  def a, do: @text'), unit: "a", because: /File\.read!/ },
  { what: "an attribute made by an own macro or function (row 8)", source: bakery("  @table Bakery.Tables.all()\n  @list make_ref()\n  def a, do: @list\n  def b, do: @table"), unit: "a", because: /make_ref/ },
  { what: "an attribute that `use` sets (row 8)", source: bakery("  use Oven\n  def a, do: @oven"), unit: "a", because: /`use` or a macro sets it/ },
  { what: "a required macro that may expand to private macros of its caller (row 13)", source: bakery("  require Recipes, as: R\n  defmacrop acc(x), do: x\n  def a(x), do: R.map(x)\n  def b(x), do: acc(x)"), unit: "a", because: /macros of Recipes/ },
  { what: "a call that `use` may have brought (row 14)", source: bakery("  use Oven\n  def a, do: heat(1)"), unit: "a", because: /heat\/1.*use Oven/ },
  { what: "a callback (row 19)", source: bakery("  @behaviour Oven\n  @impl true\n  def heat(x), do: x"), unit: "heat", because: /callback/ },
  { what: "what can be overridden (row 20)", source: bakery("  def heat(x), do: x\n  defoverridable heat: 1"), unit: "heat", because: /overridden/ },
  { what: "super (row 20)", source: bakery("  use Oven\n  def heat(x), do: super(x)"), unit: "heat", because: /super/ },
  { what: "what runs when the module is loaded (row 20)", source: bakery("  @on_load :init\n  def init, do: :ok"), unit: "init", because: /on_load/ },
  { what: "a public macro (row 21)", source: bakery("  defmacro twice(x), do: quote(do: unquote(x) * 2)"), unit: "twice", because: /cannot be delegated/ },
  { what: "`__using__` (row 21)", source: bakery("  defmacro __using__(_), do: quote(do: import(Bakery))"), unit: "__using__", because: /cannot be delegated/ },
  { what: "quoted code (row 23)", source: bakery("  def ast(x), do: quote(do: y = unquote(x))"), unit: "ast", because: /quoted code/ },
  { what: "generated names (row 24)", source: bakery("  for kind <- [:rye] do\n    def unquote(kind)(), do: 1\n  end\n  def a, do: rye()"), unit: "a", because: /rye\/0, which the for at line 2 may define/ },
  { what: "clauses made in the module body (row 24)", source: bakery("  for {kind, n} <- [rye: 1] do\n    def price(unquote(kind)), do: unquote(n)\n  end\n  def price(_), do: 0"), unit: "price", because: /module body/ },
  { what: "what the module body calls (row 25)", source: bakery("  def a, do: 1\n  @all [&Bakery.a/0]\n  IO.inspect(@all)\n  def b(x), do: x\n  @kinds Enum.map([1], &b/1)\n  def kinds, do: @kinds"), unit: "b", because: /@kinds calls it while the module is compiled/ },
  { what: "`__ENV__` (row 29)", source: bakery("  def a, do: __ENV__.line"), unit: "a", because: /__ENV__/ },
  { what: "`__DIR__` (row 29)", source: bakery("  def a, do: __DIR__"), unit: "a", because: /__DIR__/ },
  { what: "a record made in the body (row 41)", source: bakery("  require Record\n  Record.defrecordp(:loaf, kind: nil)\n  def a, do: loaf(kind: 1)"), unit: "a", because: /loaf/ },
  { what: "what a DSL of the body may define (row 41)", source: bakery('  use Oven\n  recipe :rye, "1 kg"\n  def a, do: rye(1)'), unit: "a", because: /rye\/1/ },
  { what: "an operator, which a delegate cannot name", source: bakery("  def a <~> b, do: {a, b}"), unit: "<~>", because: /operator/ },
];

let parse: ParseElixir;
let answers: ReadonlyMap<string, ElixirAnswer>;
const splits = new Map<string, Readonly<Record<string, string>>>();

function splitFiles({ what, source, groups }: Moves): Readonly<Record<string, string>> {
  const [module] = modulesOf(parse(OLD, source));
  assert.ok(module);
  const extraction = splitOf(subjectOf(OLD, module, nothingAround), new Map(Object.entries(groups).flatMap(([name, units]) => units.map((unit) => [unit, `Bakery.${name}`] as const))));
  assert.ok(extraction.kind === "changes", `${what}: ${extraction.kind === "refused" ? extraction.reasons.join(" ") : ""}`);
  return Object.fromEntries(extraction.changes.map(({ path, after }) => [path, after ?? ""]));
}

describe("what moving Elixir code means, judged by Elixir", function () {
  this.timeout(300_000);

  before(async () => {
    parse = await elixirForTests();
    for (const move of moves) splits.set(move.what, splitFiles(move));
    const exported = (expression: string): string => `{Bakery.__info__(:functions), Bakery.__info__(:macros), (${expression})}`;
    answers = elixirAnswers(moves.flatMap(({ what, source, expression, beside = {} }) => [
      { name: `before ${what}`, files: { ...beside, [OLD]: source }, expression: exported(expression) },
      { name: `after ${what}`, files: { ...beside, ...splits.get(what) }, expression: exported(expression) },
    ]));
  });

  for (const { what, shows = [], hides = [] } of moves)
    it(what, () => {
      const files = splits.get(what) ?? {};
      const text = Object.entries(files).map(([name, code]) => `# ${name}\n${code}`).join("\n");
      const asWas = answers.get(`before ${what}`);
      const is = answers.get(`after ${what}`);
      assert.equal(asWas?.error, "", "the case itself must compile");
      assert.equal(is?.error, "", text);
      assert.equal(is?.value, asWas?.value, text);
      assert.equal(is?.warnings, asWas?.warnings, text);
      for (const [file, pattern] of shows) assert.match(files[file] ?? "", pattern);
      for (const [file, pattern] of hides) assert.doesNotMatch(files[file] ?? "", pattern);
    });
});

describe("what must stay where it is", () => {
  before(async () => {
    parse = await elixirForTests();
  });

  for (const { what, source, unit, because } of stays)
    it(what, () => {
      const [module] = modulesOf(parse(OLD, source));
      assert.ok(module);
      const pin = subjectOf(OLD, module, nothingAround).pins.get(unit);
      assert.match(pin?.reason ?? "nothing", because);
      assert.ok((pin?.line ?? 0) > 0);
    });
});

describe("what the project around decides", () => {
  before(async () => {
    parse = await elixirForTests();
  });

  const withAround = (source: string, around: Partial<Surroundings>) => {
    const [module] = modulesOf(parse(OLD, source));
    assert.ok(module);
    return subjectOf(OLD, module, { ...nothingAround, ...around });
  };
  const plain = bakery("  def a(x) when x > 1, do: x\n  def b(x), do: x");

  it("a function whose failure a test quotes stays, because its module is part of the message (row 30)", () => {
    assert.match(withAround(plain, { mentions: (text) => text === "Bakery.a/1" }).pins.get("a")?.reason ?? "", /a test quotes Bakery\.a\/1/);
    assert.equal(withAround(plain, {}).pins.get("a"), undefined);
  });

  it("a name or a file that is taken is refused (row 36)", () => {
    const to = new Map([["a", "Bakery.Ovens"]]);
    for (const around of [{ modules: new Set(["Bakery.Ovens"]) }, { files: new Set(["lib/bakery/ovens.ex"]) }]) {
      const extraction = splitOf(withAround(plain, around), to);
      assert.match(extraction.kind === "refused" ? extraction.reasons.join() : "", /Bakery\.Ovens already|bakery\/ovens\.ex already/);
    }
  });

  it("an import whose module is part of the project pins nothing it does not bring (row 11)", () => {
    const source = bakery("  use Oven\n  import Pantry\n  def a, do: salt()\n  def b, do: heat()");
    const { pins } = withAround(source, { exportsOf: () => new Set(["salt/0"]) });
    assert.equal(pins.get("a"), undefined);
    assert.match(pins.get("b")?.reason ?? "", /heat\/0, which use Oven may define/);
  });

  it("an alias that only a sibling's use hid goes when the siblings part (rows 27 and 42)", () => {
    const source = "defmodule Bakery do\n  alias Pantry.Salt\n  def a, do: 1\nend\n\ndefmodule Bakery.Oven do\n  alias Pantry.Salt\n  def b, do: Salt\nend\n";
    const extraction = filesOf(parse(OLD, source), OLD, new Set());
    assert.ok(extraction.kind === "changes");
    assert.doesNotMatch(extraction.changes.find(({ path }) => path === OLD)?.after ?? "", /alias/);
    assert.match(extraction.changes.find(({ path }) => path !== OLD)?.after ?? "", /alias Pantry\.Salt/);
  });

  it("a file that does not parse is refused (row 40)", () => {
    const broken = bakery("  def a(x, do: x\n  def b(x), do: x");
    const [module] = modulesOf(parse(OLD, broken));
    if (module !== undefined) assert.ok(planOf(subjectOf(OLD, module, nothingAround)).blockers.length > 0);
    assert.equal(filesOf(parse(OLD, broken), OLD, new Set()).kind, "refused");
  });
});
