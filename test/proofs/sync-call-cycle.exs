Logger.configure(level: :none)

defmodule Server do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call({:ask, other}, _from, s), do: {:reply, ask(other), s}
  def handle_call(:answer, _from, s), do: {:reply, :answer, s}

  defp ask(other) do
    GenServer.call(other, {:ask_back, self()}, 200)
  catch
    :exit, {:timeout, _} -> :timeout
  end
end

defmodule Back do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call({:ask_back, other}, _from, s), do: {:reply, GenServer.call(other, :answer, 400), s}
end

{:ok, a} = GenServer.start(Server, nil)
{:ok, b} = GenServer.start(Back, nil)
:timeout = GenServer.call(a, {:ask, b})
IO.puts("ok: two servers that call each other stand until a timeout")
