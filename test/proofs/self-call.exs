Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:heat, _from, s), do: {:reply, 200, s}

  def handle_call(:self, _from, s) do
    {:reply, catch_exit(fn -> GenServer.call(self(), :heat) end), s}
  end

  defp catch_exit(fun) do
    fun.()
  catch
    :exit, {reason, _} -> reason
  end
end

{:ok, oven} = GenServer.start(Oven, nil)
:calling_self = GenServer.call(oven, :self)

defmodule Done do
  use GenServer, restart: :temporary, shutdown: 200
  def start_link(opts), do: GenServer.start_link(__MODULE__, opts)

  def init({test, traps?}) do
    Process.flag(:trap_exit, traps?)
    {:ok, test}
  end

  def handle_cast({:end, sup}, test) do
    DynamicSupervisor.terminate_child(sup, self())
    send(test, :went_on)
    {:noreply, test}
  end

  def terminate(_reason, test), do: send(test, :terminated)
end

{:ok, sup} = DynamicSupervisor.start_link(strategy: :one_for_one)

why = fn done ->
  ref = Process.monitor(done)
  GenServer.cast(done, {:end, sup})
  receive do: ({:DOWN, ^ref, _, _, why} -> why), after: (1_000 -> raise("it lives"))
end

{:ok, plain} = DynamicSupervisor.start_child(sup, {Done, {self(), false}})
:shutdown = why.(plain)
{:ok, trapping} = DynamicSupervisor.start_child(sup, {Done, {self(), true}})
:killed = why.(trapping)
{:messages, []} = Process.info(self(), :messages)

IO.puts("ok: a server that calls itself exits with :calling_self at once; one that has its supervisor end it never gets an answer, and is killed if it traps exits")
