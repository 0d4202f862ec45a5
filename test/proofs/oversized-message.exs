state = %{heat: 200, log: Enum.to_list(1..200_000)}

words = fn fun ->
  {:ok, pid} = Task.start(fun)
  {:heap_size, heap} = Process.info(pid, :heap_size)
  {:total_heap_size, total} = Process.info(pid, :total_heap_size)
  Process.exit(pid, :kill)
  max(heap, total)
end

whole = words.(fn -> Process.sleep(state.heat * 100) end)
heat = state.heat
field = words.(fn -> Process.sleep(heat * 100) end)
true = whole > 200_000
true = field < 10_000
IO.puts("ok: a function that reads one field copies the whole map, one that uses a bound field does not")
