Logger.configure(level: :none)

# Neither an exception, a pid, a reference nor the reason of an exit can stand in a text.
exited = try do GenServer.call(:nobody, :hello) catch :exit, reason -> reason end
terms = [%ArgumentError{}, self(), make_ref(), exited, {:tick, 1}]
for term <- terms do
  try do
    IO.puts("#{term}")
    raise "#{inspect(term)} became a text"
  rescue
    Protocol.UndefinedError -> :ok
  end
end

# The exceptions that come of a mistake in the code have no message to read.
for act <- [fn -> :a = Enum.at([:b], 0) end, fn -> Enum.map(:no_list, & &1) end, fn -> case Enum.at([1], 0) do 2 -> :ok end end] do
  try do
    try do
      act.()
    rescue
      e -> e.message
    end
    raise "a message was there"
  rescue
    KeyError -> :ok
  end
end

# A last clause that was written to keep the server alive ends it.
defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_info(msg, s) do
    _ = "unexpected: #{msg}"
    {:noreply, s}
  end
end

{:ok, pid} = GenServer.start(Oven, nil)
ref = Process.monitor(pid)
send(pid, {:late, :reply})
receive do
  {:DOWN, ^ref, _, _, {%Protocol.UndefinedError{}, _}} -> IO.puts("ok: a handler that puts a failure into a text raises")
after
  2000 -> raise "the server lives"
end
