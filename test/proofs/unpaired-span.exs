Logger.configure(level: :none)

# A stand-in for the emitter; what is shown is Elixir's order of evaluation, not the library.
defmodule Events do
  def execute(event), do: send(self(), {:event, List.last(event)})

  def span(prefix, work) do
    execute(prefix ++ [:start])

    try do
      result = work.()
      execute(prefix ++ [:stop])
      result
    catch
      kind, reason ->
        execute(prefix ++ [:exception])
        :erlang.raise(kind, reason, __STACKTRACE__)
    end
  end

  def seen do
    receive do {:event, last} -> [last | seen()] after 0 -> [] end
  end
end

by_hand = fn work ->
  Events.execute([:oven, :start])
  work.()
  Events.execute([:oven, :stop])
end

quietly = fn fun -> try do fun.() catch _, _ -> :failed end end

for work <- [fn -> raise "burnt" end, fn -> exit(:burnt) end, fn -> throw(:burnt) end] do
  quietly.(fn -> by_hand.(work) end)
  [:start] = Events.seen()
  quietly.(fn -> Events.span([:oven], work) end)
  [:start, :exception] = Events.seen()
end

by_hand.(fn -> :loaf end)
[:start, :stop] = Events.seen()
IO.puts("ok: a raise, exit or throw between start and stop leaves the start without an end; a span around the work ends each time")
