defmodule Menu do
  use GenServer
  def init(access), do: {:ok, :ets.new(:menu, [:named_table, access])}
end

attempt = fn access, act ->
  {:ok, menu} = GenServer.start(Menu, access)
  result = try do act.() rescue error in ArgumentError -> error.__struct__ end
  GenServer.stop(menu)
  result
end

ArgumentError = attempt.(:protected, fn -> :ets.insert(:menu, {:rye, 1}) end)
ArgumentError = attempt.(:protected, fn -> :ets.delete(:menu, :rye) end)
[] = attempt.(:protected, fn -> :ets.lookup(:menu, :rye) end)
ArgumentError = attempt.(:private, fn -> :ets.lookup(:menu, :rye) end)
true = attempt.(:public, fn -> :ets.insert(:menu, {:rye, 1}) end)
IO.puts("ok: a write to a protected table and a read of a private one raise ArgumentError outside of the owner")
