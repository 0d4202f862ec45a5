Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil)
  def init(s), do: {:ok, s}
end

# Keeps one oven alight, and so does its supervisor.
defmodule Ovens do
  use GenServer
  def start_link(args), do: GenServer.start_link(__MODULE__, args)
  def init({sup, restart}), do: {:ok, light(%{sup: sup, restart: restart, pid: nil})}
  def handle_call(:lit, _from, s), do: {:reply, s.pid, s}
  def handle_info({:DOWN, _, :process, _, _}, s), do: {:noreply, light(s)}
  defp light(s) do
    {:ok, pid} = DynamicSupervisor.start_child(s.sup, Supervisor.child_spec({Oven, []}, restart: s.restart))
    Process.monitor(pid)
    %{s | pid: pid}
  end
end

count = fn restart ->
  {:ok, sup} = DynamicSupervisor.start_link(strategy: :one_for_one)
  {:ok, ovens} = Ovens.start_link({sup, restart})
  first = GenServer.call(ovens, :lit)
  ref = Process.monitor(first)
  Process.exit(first, :kill)
  receive do: ({:DOWN, ^ref, _, _, _} -> :ok)
  Process.sleep(50)
  true = GenServer.call(ovens, :lit) != first
  DynamicSupervisor.count_children(sup).active
end

2 = count.(:permanent)
2 = count.(:transient)
1 = count.(:temporary)
IO.puts("ok: after one crash two stand in the place of one, unless the child is temporary")
