defmodule Orders.Prices do
  def total(lines), do: Enum.sum(lines)
end

defmodule Orders do
  defdelegate total(lines), to: Orders.Prices
end

6 = Orders.total([1, 2, 3])
6 = Enum.map([[1, 2, 3]], &Orders.total/1) |> hd()
true = function_exported?(Orders, :total, 1)
IO.puts("ok: a module that delegates keeps every caller and capture working after its functions have moved")
