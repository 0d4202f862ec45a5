Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def start_link(id), do: GenServer.start_link(__MODULE__, id)
  def init(id), do: {:ok, id}
  def handle_cast(:crash, _), do: raise("crash")
end

defmodule Baker do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:open, _from, s) do
    {:ok, oven} = Oven.start_link(1)
    {:reply, oven, s}
  end
end

{:ok, baker} = GenServer.start(Baker, nil)
oven = GenServer.call(baker, :open)
ref = Process.monitor(baker)
GenServer.cast(oven, :crash)
receive do: ({:DOWN, ^ref, _, _, _} -> :ok), after: (500 -> raise("the server survives"))

open = fn ending ->
  me = self()
  spawn(fn ->
    {:ok, oven} = Oven.start_link(2)
    send(me, {:oven, oven})
    ending.()
  end)
  oven = receive do: ({:oven, oven} -> oven)
  Process.sleep(50)
  Process.alive?(oven)
end
true = open.(fn -> :ok end)
false = open.(fn -> exit(:crash) end)
IO.puts("ok: a crash of what a server links takes the server along; what a plain function links dies with a crashing caller and stays behind a normal end")

defmodule Bakery do
  use Application
  def start(_type, _args) do
    {:ok, _} = Agent.start_link(fn -> 200 end, name: :oven)
    {:ok, self()}
  end
end

:ok = :application.load({:application, :bakery, [description: 'bakery', vsn: '1', modules: [Bakery], registered: [], applications: [:kernel, :stdlib, :elixir], mod: {Bakery, []}]})
:ok = Application.start(:bakery)
Process.exit(Process.whereis(:oven), :kill)
Process.sleep(50)
nil = Process.whereis(:oven)
true = List.keymember?(Application.started_applications(), :bakery, 0)
IO.puts("ok: an application that answers {:ok, self()} goes on as if it ran when what it started is gone")
