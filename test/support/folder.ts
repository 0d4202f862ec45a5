import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const made: string[] = [];

/** A real folder with these files, removed after the tests of the file that asked for it. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "otp-audit-"));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

after(() => {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A server whose callback calls the server itself: always one finding of `self-call`. */
export const selfCalling = (name: string): string => `defmodule ${name} do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  defp heat, do: GenServer.call(__MODULE__, :heat)
  def init(_), do: {:ok, %{}}

  def handle_call(:bake, _from, state) do
    heat()
    {:reply, :ok, state}
  end

  def handle_call(:heat, _from, state), do: {:reply, :ok, state}
end
`;
