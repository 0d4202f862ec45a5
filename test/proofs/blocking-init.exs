Logger.configure(level: :none)

defmodule Child do
  use GenServer
  def start_link({ms, _} = arg), do: GenServer.start_link(__MODULE__, arg, name: :"child_#{ms}")
  def init({ms, parent}) do
    Process.sleep(ms)
    send(parent, {:up, ms, System.monotonic_time(:millisecond)})
    {:ok, ms}
  end
end

start = System.monotonic_time(:millisecond)
children = for ms <- [300, 0], do: Supervisor.child_spec({Child, {ms, self()}}, id: ms)
{:ok, _} = Supervisor.start_link(children, strategy: :one_for_one)
receive do
  {:up, 0, at} -> unless at - start >= 290, do: raise("started early")
after
  0 -> raise("not started")
end
IO.puts("ok: a supervisor starts nothing else while an init/1 works")
