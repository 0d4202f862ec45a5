defmodule Bakery.MixProject do
  use Mix.Project

  def project do
    [app: :bakery, version: "0.1.0", elixir: "~> 1.14", deps: [], elixirc_options: [no_warn_undefined: [:telemetry, Jason]]]
  end

  def application, do: [extra_applications: [:logger], mod: {Bakery.Application, []}]
end
