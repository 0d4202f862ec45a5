defmodule Bakery.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    # env-dependent-tree: tests run another tree than production
    strategy = if Mix.env() == :test, do: :one_for_one, else: :rest_for_one

    children = [
      {Task.Supervisor, name: Bakery.Tasks},
      Bakery.Healthy.Oven,
      Bakery.Healthy.Till
    ]

    Supervisor.start_link(children, strategy: strategy, name: Bakery.Supervisor)
  end
end
