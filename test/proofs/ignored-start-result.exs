Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def start_link(name), do: GenServer.start_link(__MODULE__, name, name: name)
  def init(:broken), do: {:stop, :cold}
  def init(name), do: {:ok, name}
end

{:ok, ovens} = DynamicSupervisor.start_link(strategy: :one_for_one, max_children: 1)
{:ok, registry} = Registry.start_link(keys: :unique, name: Names)
{:ok, _} = Registry.start_link(keys: :duplicate, name: Topics)

# Each of these is only a value: the supervisor lives, and so does the caller.
{:error, :cold} = DynamicSupervisor.start_child(ovens, {Oven, :broken})
{:ok, pid} = DynamicSupervisor.start_child(ovens, {Oven, :rye})
{:error, :max_children} = DynamicSupervisor.start_child(ovens, {Oven, :wheat})
{:ok, more} = DynamicSupervisor.start_link(strategy: :one_for_one)
{:error, {:already_started, ^pid}} = DynamicSupervisor.start_child(more, {Oven, :rye})
true = Process.alive?(ovens) and Process.alive?(more) and Process.alive?(registry)

{:ok, _} = Registry.register(Names, :till, nil)
{:error, {:already_registered, _}} = Registry.register(Names, :till, nil)
{:ok, _} = Registry.register(Topics, :till, nil)
{:ok, _} = Registry.register(Topics, :till, nil)
IO.puts("ok: a child that cannot start and a key that is taken are values, and a dropped value tells nobody")

defmodule Till do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def init(s) do
    Process.flag(:trap_exit, true)
    {:ok, s}
  end
  def terminate(_reason, _s), do: Process.sleep(50)
end

defmodule Bakery do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def init(s) do
    Till.start_link([])
    {:ok, s}
  end
  def handle_cast(:crash, _s), do: raise("crash")
end

{:ok, _} = Supervisor.start_link([Bakery], strategy: :one_for_one)
true = is_pid(Process.whereis(Till))
GenServer.cast(Bakery, :crash)
Process.sleep(200)
true = is_pid(Process.whereis(Bakery))
nil = Process.whereis(Till)
IO.puts("ok: a restarted server that does not look at start_link goes on without the named process")
