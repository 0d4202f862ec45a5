most = fn start ->
  running = :counters.new(2, [])
  work = fn _ ->
    :counters.add(running, 1, 1)
    now = :counters.get(running, 1)
    if now > :counters.get(running, 2), do: :counters.put(running, 2, now)
    Process.sleep(100)
    :counters.sub(running, 1, 1)
  end
  start.(1..100, work)
  :counters.get(running, 2)
end

all = most.(fn orders, work -> orders |> Enum.map(&Task.async(fn -> work.(&1) end)) |> Task.await_many() end)
some = most.(fn orders, work -> orders |> Task.async_stream(work, max_concurrency: 20) |> Stream.run() end)
true = all > 50
true = some <= 20
IO.puts("ok: one task per order runs them all at once; async_stream runs at most max_concurrency")
