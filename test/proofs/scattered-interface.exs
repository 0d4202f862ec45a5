Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def start(name), do: GenServer.start(__MODULE__, [], name: name)
  def init(s), do: {:ok, s}
  # The message has become {:bake, loaf, minutes}; this caller was not found.
  def handle_call({:bake, loaf, _minutes}, _from, s), do: {:reply, :ok, [loaf | s]}
end

{:ok, oven} = Oven.start(:oven)
ref = Process.monitor(oven)
reason = try do GenServer.call(:oven, {:bake, :rye}) catch :exit, {reason, _} -> reason end
{:function_clause, _} = reason
receive do {:DOWN, ^ref, _, _, {:function_clause, _}} -> :ok after 200 -> raise("the server lived") end
IO.puts("ok: a message written elsewhere in its old shape compiles, and stops the server at run time")
