Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}

  # `:heet` is a slip of the pen, and the call below always exits: neither is ever seen.
  def handle_call(:misspelt, _from, s) do
    {:reply, try do s.heet rescue _ -> 0 end, s}
  end

  def handle_call(:limit, _from, s) do
    {:reply, try do GenServer.call(self(), :heat) catch _, _ -> 5 end, s}
  end

  def handle_call(:narrow, _from, s) do
    {:reply, try do s.heet rescue _ in ArgumentError -> 0 end, s}
  end
end

{:ok, oven} = GenServer.start(Oven, %{heat: 200})
0 = GenServer.call(oven, :misspelt)
5 = GenServer.call(oven, :limit)
true = Process.alive?(oven)
{{:badkey, :heet, _}, _} = (try do GenServer.call(oven, :narrow) catch :exit, {{{:badkey, _, _} = why, _}, call} -> {why, call} end)
IO.puts("ok: a rescue or catch of everything turns a KeyError and :calling_self into the default each time; a narrow one lets the bug show")
