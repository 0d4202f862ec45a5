Logger.configure(level: :none)

# A stand-in for an event: what is shown is that nothing else tells of it.
defmodule Oven do
  use GenServer
  def start_link({name, watcher}), do: GenServer.start_link(__MODULE__, {name, watcher}, name: name)
  def loaves(name), do: GenServer.call(name, :loaves)
  def bake(name), do: GenServer.call(name, :bake)

  def init({name, watcher}) do
    if watcher != nil, do: send(watcher, {:event, [:bakery, name, :started]})
    {:ok, 0}
  end

  def handle_call(:bake, _from, n), do: {:reply, :ok, n + 1}
  def handle_call(:loaves, _from, n), do: {:reply, n, n}
end

specs = for {name, watcher} <- [till: self(), oven: nil], do: Supervisor.child_spec({Oven, {name, watcher}}, id: name)
{:ok, _} = Supervisor.start_link(specs, strategy: :one_for_one)
for name <- [:till, :oven], do: :ok = Oven.bake(name)

for name <- [:till, :oven] do
  pid = Process.whereis(name)
  ref = Process.monitor(pid)
  Process.exit(pid, :kill)
  receive do {:DOWN, ^ref, _, _, :killed} -> :ok end
  Enum.find(1..500, fn _ -> Process.sleep(2); Process.whereis(name) not in [nil, pid] end) || raise("#{name} is not back")
  # The next caller notices nothing but a wrong number.
  0 = Oven.loaves(name)
end

{:messages, events} = Process.info(self(), :messages)
[{:event, [:bakery, :till, :started]}, {:event, [:bakery, :till, :started]}] = events
IO.puts("ok: a server that loses its state in a restart answers as before: only one that emits shows it")
