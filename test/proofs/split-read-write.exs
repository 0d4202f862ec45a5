{:ok, stock} = Agent.start(fn -> 0 end)

count = fn add ->
  Agent.update(stock, fn _ -> 0 end)
  1..8 |> Enum.map(fn _ -> Task.async(fn -> for _ <- 1..500, do: add.() end) end) |> Task.await_many(30_000)
  Agent.get(stock, & &1)
end

split = count.(fn ->
  n = Agent.get(stock, & &1)
  Agent.update(stock, fn _ -> n + 1 end)
end)
4_000 = count.(fn -> Agent.update(stock, &(&1 + 1)) end)
true = split < 4_000
IO.puts("ok: of 4,000 split increments some are lost, of 4,000 whole ones none")
