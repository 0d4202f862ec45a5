defmodule Bakery.Oven do
  def heat, do: 200
end

defmodule Bakery.Till do
  def open, do: Bakery.Oven.heat()
end

# The same modules, compiled from one file each: callers see no difference.
for source <- ["defmodule Split.Oven do\n def heat, do: 200\nend", "defmodule Split.Till do\n def open, do: Split.Oven.heat()\nend"], do: Code.compile_string(source)
200 = Bakery.Till.open()
200 = apply(Split.Till, :open, [])
IO.puts("ok: a module is found by its name, whichever file it is in, so no caller changes when a file is split")
