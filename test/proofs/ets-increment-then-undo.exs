table = :ets.new(:ovens, [:public])
limit = 3

two_steps = fn ->
  n = :ets.update_counter(table, :used, 1, {:used, 0})
  if n > limit do
    seen = Task.await(Task.async(fn -> :ets.lookup_element(table, :used, 2) end))
    :ets.update_counter(table, :used, -1)
    {:refused, seen}
  else
    :admitted
  end
end

[:admitted, :admitted, :admitted, {:refused, 4}] = for _ <- 1..4, do: two_steps.()

:ets.delete(table, :used)
one_step = fn bound -> for _ <- 1..5, do: :ets.update_counter(table, :used, {2, 1, bound, bound}, {:used, 0}) end
[1, 2, 3, 4, 4] = one_step.(limit + 1)
:ets.delete(table, :used)
[1, 2, 3, 3, 3] = one_step.(limit)
IO.puts("ok: between the two steps readers see 4 of 3; the threshold form with limit + 1 tells the last admitted from the first refused")
