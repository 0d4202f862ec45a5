defmodule Bakery.Flawed.Courier do
  @moduledoc "A courier whose messages, monitors and timers go astray."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  # unhandled-message: no clause takes :postion, so the courier stops and the caller exits
  def position, do: GenServer.call(__MODULE__, :postion)

  # send-to-server: the caller cannot learn that nobody took it
  def hurry(courier), do: send(courier, :hurry)

  # hand-rolled-call: a late answer fits the next question, and a dead courier is waited for in vain
  def ask(courier) do
    send(courier, {:where, self()})

    receive do
      {:here, place} -> place
    end
  end

  # monitor-not-released: on timeout the monitor stays, and its :DOWN comes later
  def gone?(courier) do
    ref = Process.monitor(courier)

    receive do
      {:DOWN, ^ref, _, _, _} -> true
    after
      100 -> false
    end
  end

  # maybe-dead-target: the queue of a dead courier has no length
  def queue(courier) do
    {:message_queue_len, length} = Process.info(courier, :message_queue_len)
    length
  end

  @impl true
  def init(_) do
    {:ok, %{place: :shop, route: nil, tick: Process.send_after(self(), :tick, 1_000)}}
  end

  @impl true
  def handle_call(:position, _from, state), do: {:reply, state.place, state}

  # reply-never-sent: whoever asks waits for five seconds and exits
  def handle_call({:deliver, order}, _from, state) do
    {:noreply, %{state | route: order}}
  end

  @impl true
  def handle_cast(:rest, state) do
    # wrong-timer-cancel: this reference is no business of :timer
    :timer.cancel(state.tick)
    {:noreply, state}
  end

  # timer-armed-twice: each owner starts one more loop of reports
  def handle_cast({:owner, owner}, state) do
    send(self(), :report)
    {:noreply, %{state | place: owner}}
  end

  # arranged-message-unhandled: the task's result and its end are messages without a clause
  def handle_cast({:plan, streets}, state) do
    Task.Supervisor.async_nolink(Bakery.Tasks, fn -> Enum.sort(streets) end)
    {:noreply, state}
  end

  @impl true
  # wrong-exit-reason: a process ignores :normal from another one
  def handle_info({:stop, helper}, state) do
    Process.exit(helper, :normal)
    {:noreply, state}
  end

  def handle_info(:report, state) do
    Process.send_after(self(), :report, 1_000)
    {:noreply, state}
  end

  # bad-callback-return: the courier stops with bad_return_value
  def handle_info(:tick, state), do: {:ok, state}

  def handle_info(:hurry, state), do: {:noreply, state}

  def handle_info({:where, from}, state) do
    send(from, {:here, state.place})
    {:noreply, state}
  end

  # dead-message-clause: no exit is trapped here, so this clause never runs
  def handle_info({:EXIT, _pid, _reason}, state), do: {:noreply, state}
end
