defmodule Bakery.OvenTest do
  use ExUnit.Case

  test "cools down" do
    send(Bakery.Healthy.Oven, :cool)
    # sleep-as-sync: waits, and hopes that it was long enough
    Process.sleep(50)
    assert Bakery.Healthy.Oven.ash_level() == 0
  end

  test "bakes" do
    send(Bakery.Healthy.Oven, {:baked, :rye})
    _ = :sys.get_state(Bakery.Healthy.Oven)
    assert Bakery.Healthy.Oven.ash_level() == 0
  end
end
