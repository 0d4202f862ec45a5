defmodule DepotTest do
  use ExUnit.Case, async: true

  test "a parcel is weighed and priced" do
    assert Depot.price(%{grams: 1200, zone: :near}) == 490
    assert Depot.price(%{grams: 5200, zone: :far}) == 1490
  end

  test "a route visits the nearest stop first" do
    assert Depot.route([%{name: "b", km: 2}, %{name: "a", km: 1}]) == ["a", "b"]
  end
end
