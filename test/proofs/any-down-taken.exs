defmodule Wait do
  # Waits for the end of a process of its own, as a library function does, and does not say which.
  def inner do
    {_pid, _ref} = spawn_monitor(fn ->
      Process.sleep(1_000)
      exit(:second)
    end)

    receive do
      {:DOWN, _, _, _, reason} -> reason
    end
  end

  def outer(pid, ref) do
    receive do
      {:DOWN, ^ref, _, ^pid, reason} -> reason
    after
      0 -> :gone
    end
  end
end

{ours, ref} = spawn_monitor(fn -> exit(:first) end)
Process.sleep(50)
:first = Wait.inner()
:gone = Wait.outer(ours, ref)
IO.puts("ok: a wait without a reference takes the :DOWN that its caller was waiting for")
