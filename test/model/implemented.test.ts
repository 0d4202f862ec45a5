import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { hiddenIn, implementedIn } from "../../src/model/implemented.ts";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

const oven = `
defmodule Oven do
  use GenServer
  @impl true
  def init(s), do: {:ok, s}
  @doc false
  @impl Kitchen.Device
  @spec heat() :: :ok
  def heat, do: :ok
  @impl false
  def clean, do: :ok
  @doc "Opens the door."
  def open, do: :ok
end
`;

describe("functions that a behaviour asks for", () => {
  it("stand below an @impl, among other attributes or not, that does not say false", () => {
    const module = new Workspace([parse("lib/oven.ex", oven)]).module("Oven");
    assert.ok(module !== undefined);
    assert.deepEqual([...implementedIn(module)].map(({ id }) => id), ["init/1", "heat/0"]);
  });
});

describe("functions for the project's own code", () => {
  it("stand below @doc false, among other attributes or not", () => {
    const module = new Workspace([parse("lib/oven.ex", oven)]).module("Oven");
    assert.ok(module !== undefined);
    assert.deepEqual([...hiddenIn(module)].map(({ id }) => id), ["heat/0"]);
  });
});
