Logger.configure(level: :none)

defmodule Till do
  use GenServer
  def init(s), do: {:ok, s}

  def handle_cast({:print, line}, %{sock: sock} = s) do
    :ok = :gen_tcp.send(sock, line)
    {:noreply, s}
  end

  def handle_cast({:take, id}, %{table: table} = s) do
    [{^id, _}] = :ets.lookup(table, id)
    {:noreply, s}
  end
end

reason_after = fn state, message ->
  {:ok, till} = GenServer.start(Till, state)
  ref = Process.monitor(till)
  GenServer.cast(till, message)
  receive do {:DOWN, ^ref, _, _, {reason, _}} -> reason after 1000 -> raise("alive") end
end

{:ok, listener} = :gen_tcp.listen(0, active: false)
{:ok, port} = :inet.port(listener)
{:ok, peer} = :gen_tcp.connect('localhost', port, active: true)
{:ok, sock} = :gen_tcp.accept(listener)
:gen_tcp.close(sock)
receive do {:tcp_closed, ^peer} -> :ok after 1000 -> raise("open") end

{:badmatch, {:error, :closed}} = reason_after.(%{sock: peer}, {:print, "1 rye"})
{:error, :closed} = :gen_tcp.controlling_process(peer, spawn(fn -> :ok end))
{:badmatch, []} = reason_after.(%{table: :ets.new(:shelf, [:public])}, {:take, 7})
{:ok, tables} = DynamicSupervisor.start_link(strategy: :one_for_one)
{:ok, table} = DynamicSupervisor.start_child(tables, Supervisor.child_spec({Agent, fn -> :guest end}, restart: :temporary))
Agent.stop(table)
{:error, :not_found} = DynamicSupervisor.terminate_child(tables, table)
claims = :ets.new(:claims, [:public])
true = :ets.insert_new(claims, {1, :first})
false = :ets.insert_new(claims, {1, :second})
nil = Enum.find([{1, :rye}], fn {id, _} -> id == 2 end)
nil = List.keyfind([{1, :rye}], 2, 0)
{nil, %{}} = Map.pop(%{}, 1)
IO.puts("ok: a peer that closes, a child that has ended, a key that is taken and a row that is missing break the match and stop the server")
