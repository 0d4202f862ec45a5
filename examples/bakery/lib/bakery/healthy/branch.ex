defmodule Bakery.Healthy.Branch do
  @moduledoc "The same branch: what is needed stands first, every child has its own id."
  use Supervisor

  def start_link(_), do: Supervisor.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_) do
    children = [
      Bakery.Healthy.Till,
      Bakery.Healthy.Courier,
      Supervisor.child_spec({Agent, fn -> %{} end}, id: :orders),
      Supervisor.child_spec({Agent, fn -> [] end}, id: :returns),
      Supervisor.child_spec({Task, fn -> File.mkdir_p!("receipts") end}, restart: :transient)
    ]

    Supervisor.init(children, strategy: :rest_for_one)
  end
end
