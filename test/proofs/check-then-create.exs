start = fn -> Agent.start(fn -> nil end, name: Oven) end

# Two callers look; both find nothing; both start.
found = for _ <- 1..2, do: Process.whereis(Oven)
[nil, nil] = found
{:ok, oven} = start.()
{:error, {:already_started, ^oven}} = start.()

# Acting first and matching the loser gives everybody the same process.
Agent.stop(oven)
get = fn -> case start.() do {:ok, pid} -> pid; {:error, {:already_started, pid}} -> pid end end
1 = 1..50 |> Enum.map(fn _ -> Task.async(get) end) |> Task.await_many() |> Enum.uniq() |> length()
IO.puts("ok: what is missing at the check can be there at the act; whoever starts second gets already_started")
