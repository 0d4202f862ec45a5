Logger.configure(level: :none)

defmodule Critic do
  def ask(start) do
    {:exit, _reason} = Task.yield(start.(fn -> exit(:burnt) end), 1_000)
    exit(:told)
  end
end

defmodule Bakery do
  def end_of(fun) do
    {_pid, ref} = spawn_monitor(fun)

    receive do
      {:DOWN, ^ref, :process, _, reason} -> reason
    end
  end
end

:burnt = Bakery.end_of(fn -> Critic.ask(&Task.async/1) end)
IO.puts("ok: the crash of a linked task ends the caller that yields")

{:ok, tasks} = Task.Supervisor.start_link()
:told = Bakery.end_of(fn -> Critic.ask(&Task.Supervisor.async_nolink(tasks, &1)) end)
IO.puts("ok: the crash of a task without link arrives as an exit tuple")
