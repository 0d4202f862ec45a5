defmodule Torn do
  def page(text do
    String.split(text, "\n"
  end
end
