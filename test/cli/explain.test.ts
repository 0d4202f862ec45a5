import assert from "node:assert/strict";
import { otpAudit } from "../support/command-line.ts";
import { folderWith } from "../support/folder.ts";

const oven = `defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(_), do: {:ok, :ets.new(:loaves, [:named_table, :public])}
  def heat, do: GenServer.call(__MODULE__, :heat)
  def handle_call(:heat, _from, s), do: {:reply, 200, s}
  def handle_call(:bake, _from, s) do
    [{_, n}] = :ets.lookup(:loaves, :rye)
    :ets.insert(:loaves, {:rye, n + 1})
    {:reply, :ok, s}
  end
  def handle_cast(:mail, s) do
    Task.start(fn -> Process.sleep(10) end)
    Task.Supervisor.start_child(Bakery.Tasks, fn -> Process.sleep(50) end)
    {:noreply, s}
  end
end
`;

describe("otp-audit explain FILE:LINE", () => {
  const explained = async (line: number): Promise<string> => (await otpAudit(folderWith({ "mix.exs": "", "lib/oven.ex": oven }), ["explain", `lib/oven.ex:${line}`])).out;

  it("says who runs a client function, and why its call is no self-call", async () => {
    const text = await explained(5);
    assert.match(text, /^None of the \d+ rules reports lib\/oven\.ex:5\.$/m);
    assert.match(text, /heat\/0 of Oven runs\n {2}in whoever calls Oven\.heat\/0\n/);
    assert.match(text, /GenServer\.call\(__MODULE__, :heat\)\n {2}waits for the answer of another process\n {2}its result is returned\n/);
    assert.match(text, /self-call: it runs in whoever calls Oven\.heat\/0, so Oven does not call itself\.\n/);
  });
  it("says that a server serialises its table", async () => {
    const text = await explained(8);
    assert.match(text, /works on the table :loaves \(public, created at lib\/oven\.ex:4\)\n {2}only one process at a time can be here/);
    assert.match(text, /ets-read-modify-write: every path to it starts in callbacks of Oven, which does one thing at a time\.\n/);
  });
  it("names the process of a closure", async () => {
    const text = await explained(14);
    assert.match(text, /in a task started at line 14/);
    assert.match(text, /sleep-in-callback: it runs in a task started at line 14, and no server waits for it\./);
  });
  it("shows the finding first where there is one, and the facts below it", async () => {
    const folder = folderWith({ "mix.exs": "", "lib/oven.ex": oven.replace("{:reply, 200, s}", "{:reply, heat(), s}").replace("def heat", "defp heat") });
    const { out, code } = await otpAudit(folder, ["explain", "lib/oven.ex:5"]);
    assert.equal(code, 0);
    assert.match(out, /^Critical \(1\)\n/);
    assert.match(out, /inside the process of Oven, from handle_call\/3 through heat\/0/);
  });
  it("says so where no function stands, and where a file was not scanned", async () => {
    assert.match(await explained(2), /No function stands at this line\./);
    const folder = folderWith({ "mix.exs": "", ".gitignore": "gen/\n", "gen/oven.ex": oven });
    assert.deepEqual(await otpAudit(folder, ["explain", "gen/oven.ex:2"]), { code: 2, out: "", err: "gen/oven.ex was not scanned. Check that .gitignore and the configuration do not exclude it.\n" });
  });
});
