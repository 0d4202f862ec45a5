defmodule Locks do
  use GenServer
  def init(_), do: {:ok, %{holder: :somebody}}
  def handle_call(:lock, from, s) do
    Process.send_after(self(), {:retry, from}, 20)
    Process.send_after(self(), {:give_up, from}, 50)
    {:noreply, s}
  end
  def handle_call(:release, _from, s), do: {:reply, :ok, %{s | holder: nil}}
  def handle_info({:give_up, from}, s) do
    GenServer.reply(from, {:error, :timeout})
    {:noreply, s}
  end
  def handle_info({:retry, {pid, _} = from}, %{holder: nil} = s) do
    GenServer.reply(from, :ok)
    {:noreply, %{s | holder: pid}}
  end
  def handle_info({:retry, from}, s) do
    Process.send_after(self(), {:retry, from}, 20)
    {:noreply, s}
  end
end

{:ok, locks} = GenServer.start(Locks, nil)
{:error, :timeout} = GenServer.call(locks, :lock)
:ok = GenServer.call(locks, :release)
Process.sleep(60)
me = self()
%{holder: ^me} = :sys.get_state(locks)
IO.puts("ok: the caller was told :timeout, and holds the lock all the same")
