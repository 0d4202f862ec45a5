guest = spawn(fn -> Process.sleep(:infinity) end)
for _ <- 1..5, do: Process.monitor(guest)
{:monitors, monitors} = Process.info(self(), :monitors)
5 = length(monitors)
Process.exit(guest, :kill)
for _ <- 1..5, do: receive(do: ({:DOWN, _, :process, ^guest, :killed} -> :ok), after: (500 -> raise("no :DOWN")))
IO.puts("ok: five monitors of one process are five :DOWN messages")

defmodule Late do
  def monitor_dead(pid) do
    ref = Process.monitor(pid)
    {ref, await(ref)}
  end

  def await(ref) do
    receive do
      {:DOWN, ^ref, :process, _, reason} -> reason
    after
      500 -> raise("no :DOWN")
    end
  end
end

{ref, :noproc} = Late.monitor_dead(guest)
{:monitors, []} = Process.info(self(), :monitors)
false = Process.demonitor(ref, [:info])
IO.puts("ok: when the :DOWN arrives the monitor is gone, and a demonitor finds nothing")
