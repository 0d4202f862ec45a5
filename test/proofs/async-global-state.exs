Logger.configure(level: :none)

# Two "test modules" at the same time in one VM, as async modules are; each restores what it has changed.
other_sees = fn write, read, restore ->
  me = self()
  test = spawn(fn -> write.(); send(me, :written); receive do :go_on -> restore.(); send(me, :restored) end end)
  receive do :written -> :ok end
  seen = read.()
  send(test, :go_on)
  receive do :restored -> :ok end
  {seen, read.()}
end

Application.put_env(:bakery, :limit, 10)
{1, 10} = other_sees.(fn -> Application.put_env(:bakery, :limit, 1) end, fn -> Application.get_env(:bakery, :limit) end, fn -> Application.put_env(:bakery, :limit, 10) end)
{"1", nil} = other_sees.(fn -> System.put_env("BAKERY_LIMIT", "1") end, fn -> System.get_env("BAKERY_LIMIT") end, fn -> System.delete_env("BAKERY_LIMIT") end)

here = File.cwd!()
{there, ^here} = other_sees.(fn -> File.cd!("/") end, &File.cwd!/0, fn -> File.cd!(here) end)
true = there != here
{:error, :none} = other_sees.(fn -> Logger.configure(level: :error) end, &Logger.level/0, fn -> Logger.configure(level: :none) end)

{:ok, pid} = Agent.start(fn -> :mine end, name: :till)
{:error, {:already_started, ^pid}} = Agent.start(fn -> :yours end, name: :till)
IO.puts("ok: environment, working directory, log level and names are seen by every process of the VM until they are put back")
