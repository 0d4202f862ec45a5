start = fn -> Agent.start(fn -> nil end, name: Oven) end
{:ok, oven} = start.()
{:error, {:already_started, ^oven}} = start.()
MatchError = try do {:ok, _} = start.() rescue error -> error.__struct__ end

# With many at once, one wins and all others lose.
Agent.stop(oven)
results = 1..50 |> Enum.map(fn _ -> Task.async(start) end) |> Task.await_many()
{1, 49} = {Enum.count(results, &match?({:ok, _}, &1)), Enum.count(results, &match?({:error, {:already_started, _}}, &1))}
IO.puts("ok: the second start of a name answers already_started, and {:ok, pid} = raises MatchError")
