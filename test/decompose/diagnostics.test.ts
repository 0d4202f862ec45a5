import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { diagnosticsIn, newWarnings } from "../../src/decompose/transform/diagnostics.ts";
import { mended } from "../../src/decompose/transform/mend.ts";

const old = `Compiling 2 files (.ex)
warning: unused alias Flour
  lib/bakery.ex:3

warning: Pantry.salt/0 is undefined (module Pantry is not available or is yet to be defined)
  lib/bakery.ex:9: Bakery.mix/0

== Compilation error in file lib/bakery/loaves.ex ==
** (CompileError) lib/bakery/loaves.ex:7: undefined function knead/1 (there is no such import)
`;
const recent = `    warning: unused alias Flour
    │
  3 │   alias Pantry.Flour
    │   ~
    │
    └─ lib/bakery.ex:3:3

    error: undefined function knead/1 (expected Bakery.Loaves to define such a function)
    │
  7 │   knead(x)
    │   ^^^^^
    │
    └─ lib/bakery/loaves.ex:7:5: Bakery.Loaves.bake/1
`;

describe("what the compiler says", () => {
  it("is read as Elixir 1.14 prints it", () => {
    assert.deepEqual(diagnosticsIn(old).map(({ severity, path, line }) => `${severity} ${path}:${line}`), ["warning lib/bakery.ex:3", "warning lib/bakery.ex:9", "error lib/bakery/loaves.ex:7"]);
  });

  it("is read as Elixir 1.15 and later print it", () => {
    assert.deepEqual(diagnosticsIn(recent).map(({ severity, path, line, message }) => `${severity} ${path}:${line} ${message.slice(0, 24)}`), ["warning lib/bakery.ex:3 unused alias Flour", "error lib/bakery/loaves.ex:7 undefined function knead"]);
  });

  it("leads to the line of the project at which code failed while it was compiled", () => {
    const output = ["== Compilation error in file lib/bakery/loaves.ex ==", "** (KeyError) key :rye not found in: %{}", "    (elixir 1.14.0) lib/map.ex:540: Map.fetch!/2", "    lib/bakery/loaves.ex:4: (module)", "    (elixir 1.14.0) lib/kernel/parallel_compiler.ex:340: anonymous fn/5 in Kernel.ParallelCompiler.spawn_workers/7"].join("\n");
    assert.deepEqual(diagnosticsIn(output), [{ severity: "error", path: "lib/bakery/loaves.ex", line: 4, message: "key :rye not found in: %{}" }]);
  });

  it("counts a warning that moved with its code as an old one, and a second one of its kind as new", () => {
    const [unused] = diagnosticsIn(old);
    assert.ok(unused);
    assert.deepEqual(newWarnings([unused], [{ ...unused, path: "lib/bakery/loaves.ex" }]), []);
    assert.equal(newWarnings([unused], [unused, { ...unused, line: 8 }]).length, 1);
  });
});

describe("a correction", () => {
  const change = (after: string) => [{ path: "lib/bakery/loaves.ex", before: null, after }];
  const remark = (line: number, message: string) => [{ severity: "warning" as const, path: "lib/bakery/loaves.ex", line, message }];

  it("takes out an unused import with the blank line it leaves", () => {
    const { changes, heeded } = mended(change("defmodule Bakery.Loaves do\n  import Pantry\n\n  def a, do: 1\nend\n"), remark(2, "unused import Pantry"));
    assert.equal(changes[0]?.after, "defmodule Bakery.Loaves do\n  def a, do: 1\nend\n");
    assert.equal(heeded.length, 1);
  });

  it("takes one name out of a list of imports", () => {
    const { changes } = mended(change("defmodule B do\n  import Pantry, only: [salt: 0, flour: 1]\nend\n"), remark(2, "unused import Pantry.salt/0"));
    assert.match(changes[0]?.after ?? "", /only: \[flour: 1\]/);
  });

  it("leaves remarks alone that it does not understand", () => {
    const { changes, heeded } = mended(change("defmodule B do\n  def a(x), do: 1\nend\n"), remark(2, 'variable "x" is unused'));
    assert.match(changes[0]?.after ?? "", /def a\(x\)/);
    assert.deepEqual(heeded, []);
  });
});
