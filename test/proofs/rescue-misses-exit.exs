Logger.configure(level: :none)

defmodule Slow do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:heat, _from, s), do: {:noreply, s}
end

defmodule Till do
  def total(oven) do
    GenServer.call(oven, :heat, 20)
  rescue
    _ -> {:error, :cold}
  end

  def safe_total(oven) do
    GenServer.call(oven, :heat, 20)
  catch
    :exit, {reason, _} when reason in [:noproc, :timeout] -> {:error, reason}
  end
end

exit_of = fn fun -> try do fun.() catch :exit, {reason, _} -> {:exited, reason} end end
{:ok, slow} = GenServer.start(Slow, nil)
{:exited, :noproc} = exit_of.(fn -> Till.total(:no_oven) end)
{:exited, :timeout} = exit_of.(fn -> Till.total(slow) end)
{:error, :noproc} = Till.safe_total(:no_oven)
{:error, :timeout} = Till.safe_total(slow)

{:exited, :noproc} = exit_of.(fn -> try do Agent.get(:no_agent, & &1) rescue _ -> :rescued end end)
{:exited, :timeout} = exit_of.(fn -> try do Task.await(Task.async(fn -> Process.sleep(500) end), 10) rescue _ -> :rescued end end)
IO.puts("ok: :noproc and :timeout of a call, an agent and an await pass through rescue; catch :exit takes them")
