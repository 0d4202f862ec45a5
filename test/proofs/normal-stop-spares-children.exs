Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(traps) do
    Process.flag(:trap_exit, traps)
    {:ok, traps}
  end
end

defmodule Baker do
  use GenServer
  def init(reason), do: {:ok, reason}
  def handle_call(:start, _from, reason) do
    {:ok, oven} = GenServer.start_link(Oven, false)
    {:ok, careful} = GenServer.start_link(Oven, true)
    {:ok, stalls} = Supervisor.start_link([], strategy: :one_for_one)
    {:ok, till} = Agent.start_link(fn -> 0 end)
    {:reply, %{oven: oven, careful: careful, stalls: stalls, till: till, loop: spawn_link(fn -> Process.sleep(:infinity) end)}, reason}
  end
  def handle_call(:close, _from, reason), do: {:stop, reason, :ok, reason}
end

left = fn reason ->
  {:ok, baker} = GenServer.start(Baker, reason)
  children = GenServer.call(baker, :start)
  :ok = GenServer.call(baker, :close)
  Process.sleep(50)
  for {name, pid} <- children, Process.alive?(pid), do: name
end

[:loop, :oven, :till] = Enum.sort(left.(:normal))
IO.puts("ok: after a normal stop only supervisors and processes that trap exits end with their parent")
[] = left.(:shutdown)
IO.puts("ok: :shutdown ends them all")
