ensure = fn -> if :ets.whereis(:menu) == :undefined, do: :ets.new(:menu, [:named_table, :public]) end

Task.await(Task.async(fn ->
  ensure.()
  :ets.insert(:menu, {:rye, 3})
  [{:rye, 3}] = :ets.lookup(:menu, :rye)
end))

Process.sleep(20)
:undefined = :ets.whereis(:menu)
ArgumentError = try do :ets.lookup(:menu, :rye) rescue error -> error.__struct__ end
IO.puts("ok: a table ends with the process that was the first to need it")
