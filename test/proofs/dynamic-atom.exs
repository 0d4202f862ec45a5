before = :erlang.system_info(:atom_count)
made = for n <- 1..500, do: String.to_atom("sku_#{n}_#{System.unique_integer([:positive])}")
500 = length(made)
:erlang.garbage_collect()
grown = :erlang.system_info(:atom_count) - before
unless grown >= 500, do: raise("only #{grown} more")

text = "never_seen_#{System.unique_integer([:positive])}"
kept = try do
  String.to_existing_atom(text)
rescue
  ArgumentError -> :refused
end
:refused = kept
IO.puts("ok: 500 texts made 500 atoms that no garbage collection frees; String.to_existing_atom refuses a new one")
