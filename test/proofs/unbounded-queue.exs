defmodule Counter do
  use GenServer
  def init(most), do: {:ok, %{waiting: :queue.new(), most: most}}
  def handle_call(loaf, from, s) do
    if :queue.len(s.waiting) < s.most,
      do: {:noreply, %{s | waiting: :queue.in({from, loaf}, s.waiting)}},
      else: {:reply, {:error, :busy}, s}
  end
  def handle_info(:free, s), do: {:noreply, %{s | waiting: elem(:queue.out(s.waiting), 1)}}
end

ask = fn counter ->
  Task.async(fn ->
    try do
      GenServer.call(counter, :rye, 100)
    catch
      :exit, {:timeout, _} -> :timeout
    end
  end)
end

left = fn most ->
  {:ok, counter} = GenServer.start(Counter, most)
  answers = 1..40 |> Enum.map(fn _ -> ask.(counter) end) |> Task.await_many()
  {Enum.count(answers, &(&1 == :timeout)), :queue.len(:sys.get_state(counter).waiting)}
end

# :infinity is greater than any number
{40, 40} = left.(:infinity)
{5, 5} = left.(5)
IO.puts("ok: requests of callers that gave up stay in the queue; a limit on the way in refuses the rest at once")
