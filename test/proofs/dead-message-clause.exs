Logger.configure(level: :none)

defmodule Counter do
  use GenServer
  def init({test, baker, link?}) do
    if link?, do: Process.link(baker)
    {:ok, test}
  end
  def handle_info(message, test) do
    send(test, {:told, message})
    {:noreply, test}
  end
end

baker = spawn(fn -> Process.sleep(:infinity) end)
{:ok, counter} = GenServer.start(Counter, {self(), baker, false})
Process.exit(baker, :kill)
receive do {:told, message} -> raise("told: #{inspect(message)}") after 50 -> :ok end
true = Process.alive?(counter)
IO.puts("ok: without a monitor no :DOWN comes")

baker = spawn(fn -> Process.sleep(:infinity) end)
{:ok, counter} = GenServer.start(Counter, {self(), baker, true})
ref = Process.monitor(counter)
Process.exit(baker, :burnt)
receive do {:DOWN, ^ref, _, _, :burnt} -> :ok after 500 -> raise("the server lived") end
receive do {:told, message} -> raise("told: #{inspect(message)}") after 20 -> :ok end
IO.puts("ok: without trap_exit the crash of a linked process ends the server before its :EXIT clause")
