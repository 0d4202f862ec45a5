defmodule Orders do
  use GenServer
  def init(keep), do: {:ok, %{sales: [], keep: keep}}
  def handle_cast({:sale, sale}, %{keep: :all} = s), do: {:noreply, %{s | sales: [sale | s.sales]}}
  def handle_cast({:sale, sale}, s), do: {:noreply, %{s | sales: Enum.take([sale | s.sales], s.keep)}}
end

size = fn keep ->
  {:ok, orders} = GenServer.start(Orders, keep)
  for n <- 1..20_000, do: GenServer.cast(orders, {:sale, n})
  held = length(:sys.get_state(orders).sales)
  :erlang.garbage_collect(orders)
  {:total_heap_size, words} = Process.info(orders, :total_heap_size)
  {held, words}
end

{20_000, grown} = size.(:all)
{100, bounded} = size.(100)
true = grown > 10 * bounded
IO.puts("ok: what a server keeps is not collected; 20,000 sales hold more than ten times the memory of the last 100")
