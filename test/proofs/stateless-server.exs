defmodule Tax do
  use GenServer
  def init(s), do: {:ok, s}
  def vat(price), do: (Process.sleep(40); price * 2)
  def handle_call({:vat, price}, _from, s), do: {:reply, vat(price), s}
end

{:ok, tax} = GenServer.start(Tax, nil)
time = fn fun ->
  started = System.monotonic_time(:millisecond)
  1..5 |> Enum.map(&Task.async(fn -> fun.(&1) end)) |> Task.await_many()
  System.monotonic_time(:millisecond) - started
end

queued = time.(&GenServer.call(tax, {:vat, &1}))
direct = time.(&Tax.vat/1)
true = queued >= 200
true = direct < queued
IO.puts("ok: callers of a process queue for work that each could do itself")
