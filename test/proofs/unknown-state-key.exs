Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(_), do: {:ok, %{dough: 1}}
  def handle_cast({:update, task}, s), do: {:noreply, %{s | task: task}}
  def handle_cast({:put_in, task}, s), do: {:noreply, put_in(s.task, task)}
  def handle_cast({:replace, task}, s), do: {:noreply, Map.replace!(s, :task, task)}
end

for act <- [:update, :put_in, :replace] do
  {:ok, oven} = GenServer.start(Oven, nil)
  ref = Process.monitor(oven)
  GenServer.cast(oven, {act, :mix})

  receive do
    {:DOWN, ^ref, _, _, {reason, _}} -> true = match?({:badkey, :task}, reason) or match?({:badkey, :task, _}, reason) or match?(%KeyError{key: :task}, reason)
  after
    1000 -> raise("#{act}: alive")
  end
end

IO.puts("ok: an update of a key that the state never has raises KeyError and stops the server")
