defmodule Bakery.BackOffice.Money do
  @moduledoc "Cents as text."

  @doc "An amount in cents with its currency."
  def format(cents, currency) do
    sign = if cents < 0, do: "-", else: ""
    whole = div(abs(cents), 100)
    rest = abs(cents) |> rem(100) |> Integer.to_string() |> String.pad_leading(2, "0")
    "#{sign}#{whole}.#{rest} #{currency}"
  end
end
