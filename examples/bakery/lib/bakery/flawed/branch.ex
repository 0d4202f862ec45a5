defmodule Bakery.Flawed.Branch do
  @moduledoc "A supervisor that cannot start, and would not hold what it starts."
  use Supervisor

  def start_link(_), do: Supervisor.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_) do
    children = [
      # child-order: its init calls the register, which starts after it
      Bakery.Flawed.Branch.Seller,
      Bakery.Flawed.Branch.Register,
      # broken-child-spec: two children with one id
      {Agent, fn -> %{} end},
      {Agent, fn -> [] end},
      # restart-type-mismatch: it returns, is started again, and takes the branch along
      Supervisor.child_spec({Task, fn -> File.mkdir_p!("receipts") end}, restart: :permanent)
    ]

    Supervisor.init(children, strategy: :one_for_one)
  end
end

defmodule Bakery.Flawed.Branch.Seller do
  @moduledoc false
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_), do: {:ok, %{till: GenServer.call(Bakery.Flawed.Branch.Register, :till)}}
end

defmodule Bakery.Flawed.Branch.Register do
  @moduledoc false
  use GenServer

  # start-link-without-link: the supervisor believes in a child that it does not hold
  def start_link(_), do: GenServer.start(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_), do: {:ok, %{tills: 0}}

  @impl true
  def handle_call(:till, _from, state), do: {:reply, state.tills, %{state | tills: state.tills + 1}}
end
