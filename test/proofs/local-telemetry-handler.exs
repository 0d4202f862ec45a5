# A local function belongs to the version of the module that made it; a capture with the module is looked up at each call.
Code.compiler_options(ignore_module_conflict: true)
load = fn n -> Code.eval_string("defmodule Ledger do\n def local, do: &on/0\n def named, do: &__MODULE__.on/0\n def on, do: #{n}\nend") end

# The handlers lie in a table, as those of telemetry do, and only short-lived processes hold them.
:ets.new(:handlers, [:named_table, :public])
run = fn work -> work |> Task.async() |> Task.await() end

emit = fn key ->
  run.(fn ->
    [{_, handler}] = :ets.lookup(:handlers, key)
    try(do: handler.(), rescue: (_ -> :raised))
  end)
end

load.(1)
run.(fn -> :ets.insert(:handlers, local: Ledger.local(), named: Ledger.named()) end)
{1, 1} = {emit.(:local), emit.(:named)}

# One version later the local one still runs the old code.
load.(2)
{1, 2} = {emit.(:local), emit.(:named)}

# Two versions later its code is gone.
load.(3)
{:raised, 3} = {emit.(:local), emit.(:named)}

IO.puts("ok: after two reloads a local function raises, a capture with its module runs the newest version")
