defmodule Bakery.Flawed.Suppressed do
  @moduledoc "A flaw that its authors accept, with their reason."

  # otp_audit:disable-for-next-line ets-read-modify-write -- one importer runs at a time
  def imported(sku, [{_, n}] = _row), do: :ets.insert(:bakery_sales, {sku, n + 1})
end
