import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import type { Expr } from "../../src/syntax/tree.ts";
import { elixirForTests } from "../support/elixir.ts";

/** An expression as one line: kind, name, arity and children in brackets. */
const shown = (expr: Expr): string => `${expr.kind}${expr.name === "" ? "" : ` ${expr.name}`}${expr.kind === "call" || expr.kind === "funref" ? `/${expr.count}` : ""}${expr.children.length === 0 ? "" : `(${expr.children.map(shown).join(", ")})`}`;

describe("Elixir without its sugar", () => {
  let parse: ParseElixir;
  before(async () => {
    parse = await elixirForTests();
  });
  const lowered = (source: string): string => parse("a.ex", source).root.children.map(shown).join("; ");

  const cases: readonly (readonly [string, string, string])[] = [
    ["a pipe is a call with one argument more", "a |> f(1)", "call f/2(var a, number 1)"],
    ["a pipe into a name is a call", "a |> f", "call f/1(var a)"],
    ["a pipe into a remote function without parentheses", "a |> Enum.sort", "call Enum.sort/1(var a)"],
    ["a pipe into case", "a |> case do\n  1 -> 2\nend", "call case/2(var a, section do(clause(number 1, block(number 2))))"],
    ["a pipe into an anonymous function", "a |> (fn x -> x end).()", "call ./1(fn(clause(var x, block(var x))), var a)"],
    ["do as a keyword is a do-block", "if a, do: b, else: c", "call if/2(var a, section do(var b), section else(var c))"],
    ["other keywords beside do stay a keyword list", "for x <- xs, into: [], do: x", "call for/3(op <-(var x, var xs), list(pair(atom into, list)), section do(var x))"],
    ["an alias is expanded", "alias A.B\nB.C.f()", "call alias/1(alias A.B); call A.B.C.f/0"],
    ["an alias with a name of its own", "alias A.B, as: C\nC.f()", "call alias/2(alias A.B, list(pair(atom as, alias C))); call A.B.f/0"],
    ["several aliases at once", "alias A.{B, C}\nC", "call alias/2(alias A.B, alias A.C); alias A.C"],
    ["__MODULE__ is the module", "defmodule M do\n  __MODULE__.f(__MODULE__)\nend", "call defmodule/2(alias M, section do(call M.f/1(alias M)))"],
    ["a nested module is known by its short name", "defmodule M do\n  defmodule N do\n  end\n  N.f()\nend", "call defmodule/2(alias M, section do(call defmodule/2(alias M.N, section do), call M.N.f/0))"],
    ["an alias ends with its block", "if a do\n  alias X.B\nend\nB.f()", "call if/2(var a, section do(call alias/1(alias X.B))); call B.f/0"],
    ["a captured function", "&Enum.map/2", "funref Enum.map/2"],
    ["a capture with placeholders is an anonymous function", "&(&1 + 1)", "fn(clause(block(op +(var &1, number 1))))"],
    ["a field is not a call", "state.heat", "field heat(var state)"],
    ["a call without parentheses on a module is one", "DateTime.utc_now", "call DateTime.utc_now/0"],
    ["a map update knows its base", "%{s | a: 1, b: 2}", "map(var s, pair(atom a, number 1), pair(atom b, number 2))"],
    ["a struct knows its module", "alias A.B\n%B{c: 1}", "call alias/1(alias A.B); struct A.B(pair(atom c, number 1))"],
    ["bracket access", "m[:a]", "call Access.get/2(var m, atom a)"],
    ["a range in a call is no call", "String.slice(s, skip..-1)", "call String.slice/2(var s, op ..(var skip, unary -(number 1)))"],
    ["a stepped range in a call is no call", "String.slice(s, skip..-1//1)", "call String.slice/2(var s, op ..(var skip, unary -(number 1)))"],
    ["a name that begins like an operator, behind a tuple", 'case x do\n  {:a, c} ->\n    f("#{c}")\n\n    {:stop, c, s}\n\n  invalid ->\n    1\nend', "call case/2(var x, section do(clause(tuple(atom a, var c), block(call f/1(string(var c)), tuple(atom stop, var c, var s))), clause(var invalid, block(number 1))))"],
    ["backslashes at the end of an upper-case sigil", "f(~S[:\\\\], g(1))", "call f/2(sigil S, call g/1(number 1))"],
    ["a defimpl is named after protocol and type", "defimpl Size, for: Cup do\n  __MODULE__\nend", "call defimpl/3(alias Size.Cup, list(pair(atom for, alias Cup)), section do(alias Size.Cup))"],
    ["setting and reading an attribute", "@a 1\n@a", "attribute a(number 1); attribute a"],
    ["interpolation", '"a#{b}c"', "string ac(var b)"],
    ["an erlang module", ":ets.new(:t, [:set])", "call :ets.new/2(atom t, list(atom set))"],
    ["a fun called", "f.(1)", "call ./1(var f, number 1)"],
  ];
  for (const [name, source, expected] of cases) it(name, () => assert.equal(lowered(source), expected));

  it("keeps what does not parse readable and lists the place", () => {
    const tree = parse("a.ex", "defmodule A do\n  def ok, do: f(1)\n  def ) broken\nend\n");
    assert.ok(tree.data.errors.length > 0);
    assert.ok([...tree.root.descendants()].some((expr) => expr.isCall("f")));
  });
  it("counts columns in UTF-16 units", () => {
    const tree = parse("a.ex", 'x = "🥖"; f(1)\n');
    const call = [...tree.root.descendants()].find((expr) => expr.isCall("f"));
    assert.deepEqual(tree.positionAt(call?.start ?? 0), { line: 1, column: 11 });
  });
  it("knows lines under CRLF", () => {
    const tree = parse("a.ex", "a()\r\nb()\r\n");
    assert.deepEqual(tree.root.children.map((expr) => expr.line), [1, 2]);
  });
  it("tells comments with a line of their own from trailing ones", () => {
    const tree = parse("a.ex", "# own\na() # trailing\n");
    assert.deepEqual(tree.data.comments.map((comment) => comment.ownLine), [true, false]);
  });
});
