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

# All rows are read; before the table is emptied, another process adds one: it is in neither.
:ets.delete_all_objects(table)
flush = fn empty ->
  :ets.insert(table, {:rye, 1})
  read = :ets.tab2list(table)
  Task.await(Task.async(fn -> :ets.insert(table, {:spelt, 2}) end))
  empty.(read)
  {read, :ets.tab2list(table)}
end

{[rye: 1], []} = flush.(fn _ -> :ets.delete_all_objects(table) end)
{[rye: 1], [spelt: 2]} = flush.(fn read -> for {key, _} <- read, do: :ets.take(table, key) end)
IO.puts("ok: a delete by key removes a fresh row unseen, select_delete keeps it, and take gives a row to one process only; a row added between reading all and emptying the table is lost")
