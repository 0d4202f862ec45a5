defmodule Stall do
  def price(:bread), do: 3
  def price(:cake), do: 5
end
