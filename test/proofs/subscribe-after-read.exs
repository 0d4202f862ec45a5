{:ok, _} = Registry.start_link(keys: :duplicate, name: Listeners)
{:ok, price} = Agent.start_link(fn -> 1 end)

change = fn to ->
  Agent.update(price, fn _ -> to end)
  Registry.dispatch(Listeners, :price, fn all -> for {pid, _} <- all, do: send(pid, {:price, to}) end)
end

news = fn -> receive do {:price, to} -> to after 50 -> :none end end

read = Agent.get(price, & &1)
change.(2)
{:ok, _} = Registry.register(Listeners, :price, [])
{1, :none} = {read, news.()}
Registry.unregister(Listeners, :price)

{:ok, _} = Registry.register(Listeners, :price, [])
change.(3)
read = Agent.get(price, & &1)
{3, 3} = {read, news.()}

IO.puts("ok: a change between read and subscription reaches the process neither way; subscribed first, it is in the read and comes as a message")
