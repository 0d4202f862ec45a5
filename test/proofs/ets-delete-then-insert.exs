table = :ets.new(:menu, [:named_table, :public])
:ets.insert(table, {:rye, 0})
dish = fn -> Task.await(Task.async(fn -> :ets.lookup(:menu, :rye) end)) end

# Two steps: a reader of another process that comes between them finds nothing.
:ets.delete(table, :rye)
[] = dish.()
:ets.insert(table, {:rye, 1})

# One step: however often it happens, no reader ever finds a gap.
writing = Task.async(fn -> for n <- 1..20_000, do: :ets.insert(table, {:rye, n}) end)
missing = Stream.repeatedly(fn -> :ets.lookup(table, :rye) end) |> Stream.take_while(fn _ -> Process.alive?(writing.pid) end) |> Enum.count(&(&1 == []))
Task.await(writing)
0 = missing
[{:rye, 20_000}] = dish.()
IO.puts("ok: a reader finds nothing between a delete and an insert; an insert alone leaves no gap")
