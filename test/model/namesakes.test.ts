import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { projectOf } from "../../src/model/code-kind.ts";
import { parentsOf } from "../../src/model/supervision.ts";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import type { Tree } from "../../src/syntax/tree.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

const application = "defmodule Bakery do\n  use Application\n  def start(_, _), do: Supervisor.start_link([Till], strategy: :one_for_one)\n  def close, do: Till.close()\nend\n";
const till = "defmodule Till do\n  use GenServer\n  def start_link(_), do: GenServer.start_link(__MODULE__, [])\n  def init(s), do: {:ok, s}\n  def close, do: :ok\nend\n";
const projects: Readonly<Record<string, string>> = { "first/lib/bakery.ex": application, "first/lib/till.ex": till, "second/lib/bakery.ex": application, "second/lib/till.ex": till };
const treesOf = (texts: Readonly<Record<string, string>>): readonly Tree[] => Object.entries(texts).map(([path, text]) => parse(path, text));

/** Who calls `Till.close/0` and who starts a Till, by files. */
const meetings = (workspace: Workspace): readonly string[] =>
  workspace.modules.flatMap((module) => (module.name === "Till" ? [...(module.fn("close", 0)?.callers ?? []).map((site) => `${site.tree.path} calls ${module.file.path}`), ...parentsOf(module).map(({ supervisor }) => `${supervisor.module.file.path} starts ${module.file.path}`)] : []));
const each = ["first", "second"].flatMap((project) => [`${project}/lib/bakery.ex calls ${project}/lib/till.ex`, `${project}/lib/bakery.ex starts ${project}/lib/till.ex`]);

describe("modules of one name in projects beside each other", () => {
  it("are met by their own project alone", () => {
    assert.deepEqual(meetings(new Workspace(treesOf(projects))), each);
  });
  it("are so after an edit, and when one comes or goes", () => {
    const workspace = new Workspace(treesOf(projects));
    meetings(workspace);
    workspace.replace(new Map([["second/lib/till.ex", parse("second/lib/till.ex", till.replace(":ok\n", ":closed\n"))]]));
    assert.deepEqual(meetings(workspace), each);
    workspace.replace(new Map([["second/lib/till.ex", undefined]]));
    assert.deepEqual(meetings(workspace), ["first/lib/bakery.ex calls first/lib/till.ex", "second/lib/bakery.ex calls first/lib/till.ex", "first/lib/bakery.ex starts first/lib/till.ex", "second/lib/bakery.ex starts first/lib/till.ex"]);
    workspace.replace(new Map([["second/lib/till.ex", parse("second/lib/till.ex", till)]]));
    assert.deepEqual(meetings(workspace), each);
  });
  it("are so where an earlier process linked the calls", () => {
    const trees = treesOf(projects);
    assert.deepEqual(meetings(new Workspace(new Workspace(trees).files.map(({ facts }, i) => ({ facts, tree: () => trees[i] as Tree })))), each);
  });
  it("leave code of lib before that of tests of the same project", () => {
    const workspace = new Workspace(treesOf({ "lib/bakery.ex": application, "lib/till.ex": till, "test/support/till.ex": till }));
    assert.deepEqual(meetings(workspace), ["lib/bakery.ex calls lib/till.ex", "lib/bakery.ex starts lib/till.ex"]);
  });
});

describe("the project of a file", () => {
  it("is the folder above the first one that Mix knows", () => {
    assert.deepEqual(["lib/till.ex", "apps/till/lib/till.ex", "apps/till/test/support/lib/till.ex", "samples/ch01/lib/a/lib/b.ex", "mix.exs"].map(projectOf), ["", "apps/till/", "apps/till/", "samples/ch01/", ""]);
  });
});
