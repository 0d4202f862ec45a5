/** In which process a function given to a known call runs, when it is not the caller's. */
export type ClosureKind = "spawn" | "task" | "agent" | "telemetry" | "timer" | "async" | "stream" | "remote" | "server-start" | "kept";

const closures: readonly (readonly [ClosureKind, readonly string[]])[] = [
  ["spawn", ["spawn", "spawn_link", "spawn_monitor", "Kernel.spawn", "Kernel.spawn_link", "Kernel.spawn_monitor", "Process.spawn", ":erlang.spawn", ":erlang.spawn_link", ":erlang.spawn_monitor", ":erlang.spawn_opt", ":proc_lib.spawn", ":proc_lib.spawn_link", ":proc_lib.start", ":proc_lib.start_link", "Node.spawn", "Node.spawn_link", "Node.spawn_monitor"]],
  ["task", ["Task.start", "Task.start_link", "Task.async", "Task.async_stream", "Task.Supervisor.start_child", "Task.Supervisor.async", "Task.Supervisor.async_nolink", "Task.Supervisor.async_stream", "Task.Supervisor.async_stream_nolink"]],
  ["agent", ["Agent.get", "Agent.update", "Agent.get_and_update", "Agent.cast", "Agent.start", "Agent.start_link"]],
  ["telemetry", [":telemetry.attach", ":telemetry.attach_many"]],
  ["timer", [":timer.apply_after", ":timer.apply_interval", ":timer.apply_repeatedly"]],
  ["async", ["start_async", "assign_async", "Phoenix.LiveView.start_async", "Phoenix.LiveView.assign_async"]],
  ["stream", ["Stream.map", "Stream.flat_map", "Stream.filter", "Stream.each", "Stream.resource", "Stream.unfold", "Stream.transform", "Stream.repeatedly", "Stream.iterate"]],
  ["remote", [":rpc.call", ":erpc.call", ":rpc.cast", ":erpc.cast"]],
  ["server-start", ["GenServer.start_link", "GenServer.start", "Supervisor.start_link", "DynamicSupervisor.start_child", "Supervisor.start_child"]],
];

/** The process in which a closure given to `callee` runs; undefined: the caller's own. */
export const closureKindOf: ReadonlyMap<string, ClosureKind> = new Map(closures.flatMap(([kind, names]) => names.map((name) => [name, kind] as const)));

/** Kinds of process with callbacks that the model knows. */
export type ServerKind = "GenServer" | "gen_statem" | "GenStage" | "LiveView" | "LiveComponent" | "Channel" | "Supervisor" | "DynamicSupervisor" | "Agent" | "Task" | "Broadway" | "ObanWorker" | "Application" | "Plug" | "Socket" | "GenEvent" | "Registry";

const genServer = ["init/1", "handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2", "terminate/2", "code_change/3", "format_status/1", "format_status/2"];

/** Callbacks that run inside the process. `handle_*` of LiveView and Channel included; a gen_statem may add state functions. */
export const callbacksOf: Readonly<Record<ServerKind, readonly string[]>> = {
  GenServer: genServer,
  GenStage: [...genServer, "handle_demand/2", "handle_events/3", "handle_subscribe/4", "handle_cancel/3"],
  gen_statem: ["init/1", "handle_event/4", "terminate/3", "callback_mode/0", "code_change/4"],
  LiveView: ["mount/3", "handle_event/3", "handle_info/2", "handle_params/3", "handle_call/3", "handle_cast/2", "handle_async/3", "render/1", "terminate/2"],
  LiveComponent: ["mount/1", "update/2", "update_many/1", "handle_event/3", "handle_async/3", "render/1"],
  Channel: ["join/3", "handle_in/3", "handle_out/3", "handle_info/2", "handle_call/3", "handle_cast/2", "terminate/2"],
  Supervisor: ["init/1"],
  DynamicSupervisor: ["init/1"],
  Agent: [],
  Task: ["run/1"],
  Broadway: ["handle_message/3", "handle_batch/4", "handle_failed/2", "prepare_messages/2"],
  ObanWorker: ["perform/1", "backoff/1", "timeout/1"],
  Application: ["start/2", "stop/1", "prep_stop/1", "config_change/3"],
  Plug: ["init/1", "call/2"],
  Socket: ["connect/2", "connect/3", "id/1", "init/1", "handle_in/2", "handle_info/2", "terminate/2"],
  GenEvent: ["init/1", "handle_event/2", "handle_call/2", "handle_info/2", "terminate/2"],
  Registry: [],
};

/** Callbacks besides those of its kind that a behaviour calls inside the process. What they may do there is the behaviour's affair. */
export const furtherCallbacks: ReadonlyMap<string, readonly string[]> = new Map([
  ["Connection", ["connect/2", "disconnect/2"]],
  ["DBConnection.Connection", ["connect/2", "disconnect/2"]],
  ["ThousandIsland.Handler", ["handle_connection/2", "handle_data/3", "handle_close/2", "handle_shutdown/2", "handle_error/3", "handle_timeout/2"]],
  ["WebSockex", ["handle_connect/2", "handle_frame/2", "handle_disconnect/2", "handle_ping/2", "handle_pong/2"]],
  ["Phoenix.Tracker", ["handle_diff/2"]],
]);

/** Behaviours by the module a file uses or names in `@behaviour`. */
export const serverKindOf: ReadonlyMap<string, ServerKind> = new Map<string, ServerKind>([
  ["GenServer", "GenServer"], [":gen_server", "GenServer"], [":gen_statem", "gen_statem"], ["GenStateMachine", "gen_statem"], ["GenStage", "GenStage"],
  ["Connection", "GenServer"], ["DBConnection.Connection", "GenServer"], ["Parent.GenServer", "GenServer"], ["ThousandIsland.Handler", "GenServer"],
  ["Phoenix.LiveView", "LiveView"], ["Phoenix.LiveComponent", "LiveComponent"], ["Phoenix.Channel", "Channel"], ["Supervisor", "Supervisor"], [":supervisor", "Supervisor"],
  ["DynamicSupervisor", "DynamicSupervisor"], ["Agent", "Agent"], ["Task", "Task"], ["Broadway", "Broadway"], ["Oban.Worker", "ObanWorker"], ["Oban.Pro.Worker", "ObanWorker"],
  ["Application", "Application"], ["Plug", "Plug"], ["Plug.Builder", "Plug"], ["Plug.Router", "Plug"], ["Phoenix.Socket", "Socket"], [":gen_event", "GenEvent"], ["GenEvent", "GenEvent"],
  ["Phoenix.PubSub.Adapter", "GenServer"], ["Phoenix.Tracker", "GenServer"], ["WebSockex", "GenServer"], ["Mint.WebSocket", "GenServer"],
]);

/** Long-lived processes with a mailbox and clauses for it. */
export const messageServers: ReadonlySet<ServerKind> = new Set<ServerKind>(["GenServer", "gen_statem", "GenStage", "LiveView", "Channel"]);

/** `use MyAppWeb, :live_view`: the conventional atoms of Phoenix. */
export const conventionalUses: ReadonlyMap<string, ServerKind> = new Map<string, ServerKind>([["live_view", "LiveView"], ["live_component", "LiveComponent"], ["channel", "Channel"]]);

/** `use` of these brings nothing that changes who handles which message. */
export const harmlessUses: ReadonlySet<string> = new Set(["Bitwise", "Logger", "ExUnit.Case", "ExUnitProperties", "Ecto.Schema", "Ecto.Repo", "Ecto.Query", "Ecto.Migration", "Gettext", "TypedStruct", "Mix.Task", "Mix.Config", "Retry", "OpenTelemetryDecorator", "Decorator", "Supervisor", "Application", "Task", "Agent", "GenServer", "DynamicSupervisor", "GenStage", "Phoenix.LiveView", "Phoenix.Channel", "Phoenix.Component", "Phoenix.LiveComponent", "Plug.Router", "Plug.Builder", "Plug.ErrorHandler", "Oban.Worker", "Broadway", "Tesla", "Phoenix.Router", "Phoenix.Endpoint", "Phoenix.Socket", "Phoenix.Presence", "Phoenix.Controller", "Phoenix.VerifiedRoutes", "GenStateMachine", "Timex", "AMQP", "Bunch", "Bunch.Access", "Boundary", "Croma", "Accessible", "Spandex.Decorators"]);

/** Calls that put a function value away, or name it as a default: who takes it out runs it. */
export const isKeeping = (callee: string): boolean => /^((Map|Keyword)\.(get|put|put_new|pop)|Access\.get|Application\.(get_env|put_env)|Process\.put|put_in|:ets\.insert|:persistent_term\.put|(Phoenix\.(Component|LiveView|Socket)\.|Plug\.Conn\.)?assign)$/.test(callee);

/** Loops: a closure given to these runs here, once for each element. */
export const isLoop = (callee: string): boolean => /^(Enum|Map|Keyword|List|MapSet)\.(map|each|flat_map|reduce|reduce_while|filter|reject|map_reduce|for_each|any\?|all\?|find|find_value|into|new|sum_by|group_by|map_every|with_index|split_with|count|min_by|max_by|sort_by|uniq_by|zip_with|flat_map_reduce)$/.test(callee);
