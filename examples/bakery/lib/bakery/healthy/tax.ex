defmodule Bakery.Healthy.Tax do
  @moduledoc "The same tax: a function."

  def vat(amount), do: amount * 0.07
end
