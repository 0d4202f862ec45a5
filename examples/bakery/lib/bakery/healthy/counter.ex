defmodule Bakery.Healthy.Counter do
  @moduledoc "What the shop assistant asks the back office."

  alias Bakery.BackOffice

  def allergy_sheet(recipes, skus), do: recipes |> BackOffice.recipes_without(skus) |> Enum.map(&BackOffice.recipe_card/1)

  def next_tier(card, day), do: BackOffice.points_to_next_tier(card, day) || :highest
end
