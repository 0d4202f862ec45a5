# Handlers are found by their event's name as a key, and to a table `:*` and `:_` in a key are atoms like others.
handlers = :ets.new(:handlers, [:duplicate_bag])
for name <- [[:bakery, :*], [:bakery, :_], [:bakery, :sale]], do: :ets.insert(handlers, {name, "of #{inspect(name)}"})

[{[:bakery, :sale], _}] = :ets.lookup(handlers, [:bakery, :sale])
[] = :ets.lookup(handlers, [:bakery, :refund])
[{[:bakery, :*], _}] = :ets.lookup(handlers, [:bakery, :*])
[{[:bakery, :_], _}] = :ets.lookup(handlers, [:bakery, :_])

# With the library at hand (`ERL_LIBS`), the same of itself.
if Code.ensure_loaded?(:telemetry) do
  {:ok, _} = Application.ensure_all_started(:telemetry)
  me = self()
  for name <- [[:bakery, :*], [:bakery, :_], [:bakery, :sale]], do: :ok = :telemetry.attach(inspect(name), name, fn event, _, _, of -> send(me, {event, of}) end, name)
  :telemetry.execute([:bakery, :sale], %{}, %{})
  :telemetry.execute([:bakery, :refund], %{}, %{})
  :telemetry.execute([:bakery, :*], %{}, %{})
  [{[:bakery, :sale], [:bakery, :sale]}, {[:bakery, :*], [:bakery, :*]}] = Process.info(me, :messages) |> elem(1)
end

IO.puts("ok: an event's name is a whole key: [:bakery, :*] is found for that name alone")
