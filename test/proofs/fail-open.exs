Logger.configure(level: :none)

defmodule Limiter do
  def check(table, key) do
    if :ets.lookup_element(table, key, 2) > 10, do: {:deny, key}, else: {:allow, key}
  rescue
    _ -> {:allow, 0}
  end

  def check_closed(table, key) do
    if :ets.lookup_element(table, key, 2) > 10, do: {:deny, key}, else: {:allow, key}
  rescue
    ArgumentError -> {:deny, :unavailable}
  end
end

table = :ets.new(:hits, [:public])
:ets.insert(table, {:guest, 11})
{:deny, :guest} = Limiter.check(table, :guest)

# The table's owner restarts, and the same guest is let in.
:ets.delete(table)
{:allow, 0} = Limiter.check(table, :guest)
{:deny, :unavailable} = Limiter.check_closed(table, :guest)
IO.puts("ok: with the table gone, the rescue admits a guest who is over the limit")
