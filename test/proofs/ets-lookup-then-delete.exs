table = :ets.new(:coupons, [:public])

# An expired row is found; before it is deleted, another process writes a fresh one.
renew_between = fn remove ->
  :ets.insert(table, {:rye, 5})
  [{_, until}] = :ets.lookup(table, :rye)
  true = until < 10
  Task.await(Task.async(fn -> :ets.insert(table, {:rye, 99}) end))
  remove.()
  :ets.lookup(table, :rye)
end

[] = renew_between.(fn -> :ets.delete(table, :rye) end)
[{:rye, 99}] = renew_between.(fn -> :ets.select_delete(table, [{{:rye, :"$1"}, [{:<, :"$1", 10}], [true]}]) end)

# take gives one row to one process.
:ets.insert(table, {:coupon, 1})
taken = 1..50 |> Enum.map(fn _ -> Task.async(fn -> :ets.take(table, :coupon) end) end) |> Task.await_many()
1 = Enum.count(taken, &(&1 != []))
IO.puts("ok: a delete by key removes a fresh row unseen, select_delete keeps it, and take gives a row to one process only")
