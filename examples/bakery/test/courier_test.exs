defmodule Bakery.CourierTest do
  use ExUnit.Case

  test "a courier that was told to stop is gone" do
    courier = start_supervised!(Bakery.Healthy.Courier)
    ref = Process.monitor(courier)
    Process.exit(courier, :kill)
    assert_receive {:DOWN, ^ref, :process, _, :killed}
  end
end
