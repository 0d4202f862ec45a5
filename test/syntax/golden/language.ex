defmodule Bakery.Oven do
  @moduledoc """
  Heat, loaves and #{:interpolation}.
  """
  use GenServer
  alias Bakery.{Dough, Till}
  alias Bakery.Shelf, as: Board
  require Logger

  @limit 5
  # an own-line comment
  @spec bake(Dough.t(), integer()) :: {:ok, loaf} when loaf: term()
  def bake(dough, minutes \\ 30) when is_map(dough) and minutes > 0 do # a trailing comment
    dough |> Dough.knead() |> shape |> Board.put(minutes)
  end

  def handle_call({:heat, by}, _from, %{heat: heat} = state) do
    case heat + by do
      hot when hot > @limit -> {:reply, :hot, %{state | heat: hot}}
      _ -> {:reply, :ok, state}
    end
  rescue
    error in [ArgumentError, KeyError] -> {:stop, error, state}
  catch
    :exit, reason -> {:stop, reason, state}
  after
    Logger.debug("done")
  end

  defp shape(%Dough{form: form} = dough), do: %Dough{dough | form: [form | dough.seeds]}
  defp each(xs), do: for(x <- xs, x != nil, into: %{}, do: {x[:id], x.price * 2})
  defp refs, do: {&each/1, &Till.pay/2, &(&1 + &2), fn a, b -> a <> b end}
  defp slice(text, skip), do: String.slice(text, skip..-1//1)
  defp sigils, do: [~w(a b)a, ~S[:\\], ~r/^a#{1}$/u, 'c', ?a, 0x1F, 1_000, 1.5e3]
  defp bits(<<a::binary-size(3), _::bits>>), do: a
  defp call(fun, arg), do: fun.(arg) || not is_nil(arg)
  defmodule Timer do
    def of(%__MODULE__{}), do: __MODULE__.Sub.go(:"quoted atom")
  end

  defp keep(t), do: Timer.of(t)
end
