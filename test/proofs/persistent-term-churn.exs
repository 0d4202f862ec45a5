before = :persistent_term.info().count
for _ <- 1..100, do: Task.await(Task.async(fn -> :persistent_term.put({:oven, make_ref()}, self()) end))
:erlang.garbage_collect()
100 = :persistent_term.info().count - before
for {{:oven, _} = key, _} <- :persistent_term.get(), do: :persistent_term.erase(key)
^before = :persistent_term.info().count
IO.puts("ok: 100 terms under references outlive their processes; only erase removes them")
