Logger.configure(level: :none)

defmodule Ovens do
  use GenServer
  def init(watches?), do: {:ok, %{locks: %{}, watches?: watches?}}
  def handle_call({:lock, oven}, {pid, _}, s) do
    if s.watches?, do: Process.monitor(pid)
    {:reply, :ok, %{s | locks: Map.put_new(s.locks, oven, pid)}}
  end
  def handle_call({:taken?, oven}, _from, s), do: {:reply, Map.has_key?(s.locks, oven), s}
  def handle_info({:DOWN, _, _, pid, _}, s), do: {:noreply, %{s | locks: Map.reject(s.locks, fn {_, p} -> p == pid end)}}
end

taken? = fn watches? ->
  {:ok, ovens} = GenServer.start(Ovens, watches?)
  spawn(fn ->
    GenServer.call(ovens, {:lock, 3})
    exit(:crash)
  end)
  Process.sleep(50)
  GenServer.call(ovens, {:taken?, 3})
end
true = taken?.(false)
false = taken?.(true)
IO.puts("ok: what a dead process held stays taken unless the server monitors it")
