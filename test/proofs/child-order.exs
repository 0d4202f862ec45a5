Logger.configure(level: :none)
Process.flag(:trap_exit, true)

defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(_), do: {:ok, 200}
  def handle_call(:heat, _from, s), do: {:reply, s, s}
end

defmodule Till do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil)
  def init(_), do: {:ok, GenServer.call(Oven, :heat)}
end

defmodule Named do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: {:via, Registry, {Names, :till}})
  def init(s), do: {:ok, s}
end

start = fn children -> Supervisor.start_link(children, strategy: :one_for_one) end
{:error, {:shutdown, {:failed_to_start_child, Till, {:noproc, _}}}} = start.([Till, Oven])
{:error, {:shutdown, {:failed_to_start_child, Named, _}}} = start.([Named, {Registry, keys: :unique, name: Names}])
{:ok, sup} = start.([Oven, Till])
Supervisor.stop(sup)
{:ok, _} = start.([{Registry, keys: :unique, name: Names}, Named])
IO.puts("ok: a child that uses a later sibling in its init fails the start of its supervisor, and the other order does not")
