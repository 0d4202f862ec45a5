defmodule Bakery.BackOfficeTest do
  use ExUnit.Case, async: true

  alias Bakery.BackOffice

  @rye %{name: "Rye loaf", ingredients: [%{sku: "rye", amount: 2, unit: :kg}, %{sku: "water", amount: 1.5, unit: :l}], yields: 2}

  test "a recipe without a name is refused" do
    assert {:error, errors} = BackOffice.new_recipe(%{@rye | name: ""})
    assert "a recipe needs a name" in errors
  end

  test "a recipe is scaled and counted in base units" do
    {:ok, recipe} = BackOffice.new_recipe(@rye)
    needs = recipe |> BackOffice.scale_recipe(4) |> BackOffice.recipe_needs()
    assert needs["rye"] == 4000.0
    assert needs["water"] == 3000.0
  end

  test "goods that arrive are in stock" do
    stock = BackOffice.receive_goods(BackOffice.new_stock(), "rye", 5, ~D[2024-05-01])
    assert map_size(stock.items) == 1
  end

  test "a card without an order has no points and no tier" do
    card = BackOffice.new_card("Ada")
    assert BackOffice.points(card, ~D[2024-05-01]) == 0
    assert BackOffice.tier(card, ~D[2024-05-01]) == :none
    assert BackOffice.points_to_next_tier(card, ~D[2024-05-01]) == {:bronze, 100}
  end
end
