Logger.configure(level: :none)

defmodule Till do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_info({:price, p}, s), do: {:noreply, [p | s]}
end

defmodule Plain do
  use GenServer
  def init(s), do: {:ok, s}
end

defmodule Printer do
  @behaviour :gen_event
  def init(s), do: {:ok, s}
  def handle_event(_, s), do: {:ok, s}
  def handle_call(_, s), do: {:ok, :ok, s}
  def handle_info(:print, s), do: {:ok, s}
end

{:ok, till} = GenServer.start(Till, [])
ref = Process.monitor(till)
send(till, {:weather, :rain})
receive do {:DOWN, ^ref, _, _, {:function_clause, _}} -> :ok after 1000 -> raise("alive") end

{:ok, plain} = GenServer.start(Plain, [])
for n <- 1..50, do: send(plain, n)
[] = :sys.get_state(plain)
{:message_queue_len, 0} = Process.info(plain, :message_queue_len)

{:ok, events} = :gen_event.start()
:ok = :gen_event.add_handler(events, Printer, [])
send(events, :for_another_handler)
[] = :gen_event.which_handlers(events)
IO.puts("ok: one unexpected message stops a server with clauses of its own, and takes a handler off its event manager; without any clause the default drops it")
