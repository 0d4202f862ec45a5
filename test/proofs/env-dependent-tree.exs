# A release holds the applications it needs, and Mix is none of them: Erlang with Elixir on its path, and no Mix.
elixir = :code.lib_dir(:elixir) |> to_string() |> Path.join("ebin")
code = "{ok, _} = application:ensure_all_started(elixir), R = (catch 'Elixir.Mix':env()), case R of {'EXIT', {undef, _}} -> io:format(\"undef\"); _ -> io:format(\"there\") end, halt()."
{printed, 0} = System.cmd("erl", ["-noshell", "-pa", elixir, "-eval", code])
"undef" = String.trim(printed)
IO.puts("ok: Mix.env() is undefined where Mix is not on the code path, as in a release")
