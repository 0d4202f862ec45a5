for {name, release} <- [cancel_timer: &Process.cancel_timer/1, demonitor: &Process.demonitor(&1, [:flush]), exit: &Process.exit(&1, :kill), unlink: &Process.unlink/1, port: &Port.close/1] do
  raised = try do
    release.(nil)
  rescue
    e in ArgumentError -> e
  end
  %ArgumentError{} = raised
  IO.puts("#{name} raises for nil")
end

for {name, close} <- [gen_tcp: &:gen_tcp.close/1, gen_udp: &:gen_udp.close/1, ssl: &:ssl.close/1] do
  raised = try do
    close.(nil)
  rescue
    e in FunctionClauseError -> e
  end
  %FunctionClauseError{} = raised
  IO.puts("#{name} raises for nil")
end

{:error, :badarg} = :timer.cancel(nil)
IO.puts("ok: what releases a timer, monitor, process or socket raises for nil")
