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
