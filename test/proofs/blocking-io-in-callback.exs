defmodule Menu do
  use GenServer
  def init(command), do: {:ok, command}
  def handle_cast(:load, command) do
    {_, 0} = System.cmd("sleep", ["0.8"])
    {:noreply, command}
  end
  def handle_cast(:load_elsewhere, command) do
    Task.start(fn -> System.cmd("sleep", ["0.8"]) end)
    {:noreply, command}
  end
  def handle_call(:price, _from, s), do: {:reply, 3, s}
end

ask = fn request ->
  {:ok, menu} = GenServer.start(Menu, nil)
  GenServer.cast(menu, request)
  try do GenServer.call(menu, :price, 150) catch :exit, {reason, _} -> reason end
end

:timeout = ask.(:load)
3 = ask.(:load_elsewhere)
IO.puts("ok: a server that waits for a command answers nobody; one that leaves it to another process does")
