Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(act), do: {:ok, act.()}
  def handle_info(:tick, s), do: {:noreply, s}
end

# Takes the result of a task, and nothing else.
defmodule Mixer do
  use GenServer
  def init(tasks), do: {:ok, Task.Supervisor.async_nolink(tasks, fn -> :dough end)}
  def handle_info({ref, :dough}, s) when is_reference(ref), do: {:noreply, s}
end

# Has a clause for the end of its program, and writes to it.
defmodule Feeder do
  use GenServer
  def init(_), do: {:ok, Port.open({:spawn, "sh -c 'exec 0<&-; echo closed; sleep 1'"}, [:binary, :exit_status])}
  def handle_info({port, {:data, _}}, port) do
    Port.command(port, "flour")
    {:noreply, port}
  end
  def handle_info({port, {:exit_status, _}}, port), do: {:stop, :normal, port}
end

reason_of = fn module, arg ->
  {:ok, pid} = GenServer.start(module, arg)
  ref = Process.monitor(pid)
  receive do {:DOWN, ^ref, _, _, reason} -> reason after 3000 -> raise("#{module} lives") end
end

{:ok, tasks} = Task.Supervisor.start_link()
ended = fn -> spawn(fn -> :ok end) end

trapping = fn link ->
  fn ->
    Process.flag(:trap_exit, true)
    link.()
  end
end

for act <- [
      fn -> Process.monitor(ended.()) end,
      fn -> Task.Supervisor.async_nolink(tasks, fn -> :dough end) end,
      fn -> Port.open({:spawn, "true"}, [:exit_status]) end,
      fn -> Process.send_after(self(), :cool_down, 1) end,
      trapping.(fn -> spawn_link(fn -> :ok end) end)
    ] do
  {:function_clause, _} = reason_of.(Oven, act)
end

{:function_clause, [{Mixer, :handle_info, [{:DOWN, _, :process, _, :normal}, _], _} | _]} = reason_of.(Mixer, tasks)
:epipe = reason_of.(Feeder, nil)

# A command runs through a port of its caller: under trapped exits the port's end is a message, also when all went well.
:ok =
  Task.await(
    Task.async(fn ->
      Process.flag(:trap_exit, true)
      {_, 0} = System.cmd("true", [])
      receive do: ({:EXIT, port, :normal} when is_port(port) -> :ok), after: (3000 -> :nothing)
    end)
  )

# Who takes the data of a socket in active mode gets its close as well.
defmodule Till do
  use GenServer
  def init(port), do: :gen_tcp.connect(~c"localhost", port, [:binary, active: true])
  def handle_info({:tcp, _, _}, s), do: {:noreply, s}
end

{:ok, door} = :gen_tcp.listen(0, [:binary, active: false])
{:ok, number} = :inet.port(door)
spawn(fn ->
  {:ok, guest} = :gen_tcp.accept(door)
  :gen_tcp.send(guest, "bread")
  Process.sleep(100)
  :gen_tcp.close(guest)
end)
{:function_clause, [{Till, :handle_info, [{:tcp_closed, _}, _], _} | _]} = reason_of.(Till, number)

# A clause that holds in one condition of the state is none when the state has changed.
defmodule Proofer do
  use GenServer
  def init(_) do
    Process.send_after(self(), :rise, 30)
    send(self(), :sold)
    {:ok, %{loaves: 1}}
  end
  def handle_info(:sold, s), do: {:noreply, %{s | loaves: 0}}
  def handle_info(:rise, %{loaves: n} = s) when n > 0, do: {:noreply, s}
end

{:function_clause, [{Proofer, :handle_info, [:rise, _], _} | _]} = reason_of.(Proofer, nil)

IO.puts("ok: :DOWN, task result, the :DOWN after it, exit status, timer, trapped :EXIT and the close of a socket stop a server without their clause; :epipe stops the owner of a port first; a timer whose clause asks for another state stops it, too; a command leaves an :EXIT under trap_exit")
