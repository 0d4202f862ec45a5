defmodule Bakery.Flawed.Suppressed do
  @moduledoc "A flaw that its authors accept, with their reason."

  def imported(sku) do
    # otp_audit:disable-for-next-line ets-read-modify-write -- one importer runs at a time
    [{_, n}] = :ets.lookup(:bakery_sales, sku)
    :ets.insert(:bakery_sales, {sku, n + 1})
  end
end
