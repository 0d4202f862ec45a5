Logger.configure(level: :none)

defmodule Loaf do
  use GenServer, restart: :transient
  def start_link(how), do: GenServer.start_link(__MODULE__, how)
  def init(how), do: {:ok, %{how: how, status: :raw}}
  def handle_info(:baked, %{how: :stay} = s), do: {:noreply, %{s | status: :done}}
  def handle_info(:baked, s), do: {:stop, :normal, %{s | status: :done}}
end

{:ok, ovens} = DynamicSupervisor.start_link(strategy: :one_for_one)
for how <- [:stay, :stop], _ <- 1..10 do
  {:ok, pid} = DynamicSupervisor.start_child(ovens, {Loaf, how})
  send(pid, :baked)
end
Process.sleep(100)
%{active: 10} = DynamicSupervisor.count_children(ovens)
IO.puts("ok: finished children stay under their supervisor unless they stop themselves")
