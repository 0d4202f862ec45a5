defmodule Club do
  def downs(ref, wait) do
    receive do
      {:DOWN, ^ref, :process, _, _} -> :left
    after
      wait -> :gone
    end
  end

  def forget(options) do
    pid = spawn(fn -> :ok end)
    ref = Process.monitor(pid)
    Process.sleep(50)
    true = Process.demonitor(ref, options)
    downs(ref, 100)
  end
end

:left = Club.forget([])
:gone = Club.forget([:flush])
IO.puts("ok: demonitor leaves a :DOWN that has arrived, and :flush takes it out")
