ref = Process.send_after(self(), :bell, 20)
{:error, :badarg} = :timer.cancel(ref)
receive do: (:bell -> :ok), after: (500 -> raise("the timer was cancelled"))

{:ok, tref} = :timer.send_after(20, :gong)
caught = try do
  Process.cancel_timer(tref)
rescue
  e in ArgumentError -> e
end
%ArgumentError{} = caught
{:error, :badarg} = :timer.cancel({:ok, tref})
receive do: (:gong -> :ok), after: (500 -> raise("the timer was cancelled"))
IO.puts("ok: a timer fires although the function of the other kind was told to cancel it")
