Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:bake, _from, s), do: {:noreply, [:loaf | s]}
  def handle_call(:to_pid, {pid, _tag}, s) do
    send(pid, {make_ref(), :loaf})
    {:noreply, s}
  end
  def handle_call(:kept, from, s), do: {:noreply, [from | s]}
  def handle_call(:off, _from, s), do: {:stop, :normal, s}
  def handle_call(:loaves, _from, s), do: {:reply, s, s}
end

{:ok, oven} = GenServer.start(Oven, [])

{:timeout, _} =
  try do
    GenServer.call(oven, :bake, 50)
  catch
    :exit, why -> why
  end

# The work is done, only its caller does not know.
[:loaf] = GenServer.call(oven, :loaves)

# With an endless timeout the caller never comes back, also when its address is kept.
caller = spawn(fn -> GenServer.call(oven, :kept, :infinity) end)
Process.sleep(100)
true = Process.alive?(caller)
[{^caller, _tag} | _] = GenServer.call(oven, :loaves)

# A message to the caller's pid is no answer: the tag is what a call waits for.
{:timeout, _} =
  try do
    GenServer.call(oven, :to_pid, 50)
  catch
    :exit, why -> why
  end

receive do: ({_ref, :loaf} -> :ok), after: (0 -> raise("no message"))

# An orderly stop without a reply is an exit of the caller, too.
{:ok, other} = GenServer.start(Oven, [])

{:normal, {GenServer, :call, _}} =
  try do
    GenServer.call(other, :off)
  catch
    :exit, why -> why
  end

IO.puts("ok: a call that nobody answers ends in a timeout of its caller, or never; the work is done all the same; a stop without a reply is an exit")
