Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init({:start, value}), do: value
  def init(s), do: {:ok, s}
  def handle_call(value, _from, _s), do: value
  def handle_cast(value, _s), do: value
  def handle_info(value, _s), do: value
end

reason_of = fn ask ->
  {:ok, oven} = GenServer.start(Oven, nil)
  ref = Process.monitor(oven)
  ask.(oven)
  receive do {:DOWN, ^ref, _, _, reason} -> reason after 1000 -> raise("alive") end
end

call = fn oven, value -> try do GenServer.call(oven, value) catch :exit, _ -> :exited end end

for value <- [{:ok, :s}, %{heat: 1}, :ok, {:stop, :normal}] do
  {:bad_return_value, ^value} = reason_of.(&call.(&1, value))
end

for value <- [{:ok, :s}, {:reply, :r, :s}, {:stop, :normal}, nil, :ok, %{heat: 1}] do
  {:bad_return_value, ^value} = reason_of.(&GenServer.cast(&1, value))
  {:bad_return_value, ^value} = reason_of.(&send(&1, value))
end

for value <- [%{heat: 1}, {:noreply, :s}, {:stop, :cold, :s}] do
  {:error, {:bad_return_value, ^value}} = GenServer.start(Oven, {:start, value})
end

IO.puts("ok: a server stops with :bad_return_value on a return that its callback does not know")
