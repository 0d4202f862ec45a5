/** Names every Elixir module can call without an import: Kernel and the special forms. */
export const kernelNames: ReadonlySet<string> = new Set(
  `
  __CALLER__ __DIR__ __ENV__ __MODULE__ __STACKTRACE__ __aliases__ __block__ abs alias alias! and apply binary_part binary_slice binding bit_size
  byte_size case ceil cond dbg def defdelegate defexception defguard defguardp defimpl defmacro defmacrop defmodule defoverridable defp defprotocol
  defstruct destructure div elem exit floor fn for function_exported? get_and_update_in get_in hd if import in inspect is_atom is_binary is_bitstring
  is_boolean is_exception is_float is_function is_integer is_list is_map is_map_key is_nil is_number is_pid is_port is_reference is_struct is_tuple
  length macro_exported? make_ref map_size match? max min node not or pop_in put_elem put_in quote raise receive rem require reraise round self send
  sigil_C sigil_D sigil_N sigil_R sigil_S sigil_T sigil_U sigil_W sigil_c sigil_p sigil_r sigil_s sigil_w spawn spawn_link spawn_monitor struct struct!
  super tap then throw tl to_char_list to_charlist to_string trunc try tuple_size unless unquote unquote_splicing update_in use var! with
`
    .trim()
    .split(/\s+/),
);

/** Modules whose `use` brings callbacks but no names that the module's own functions call. */
export const quietUses: ReadonlySet<string> = new Set(["GenServer", "Supervisor", "DynamicSupervisor", "Agent", "Task", "Application", "GenEvent", "Bitwise", "Logger", "Ecto.Schema", "Ecto.Type", "Mix.Task", "GenStage", "Broadway"]);

/** Functions an OTP process, a LiveView or a Plug is called by; believed only where no `@impl` tells. */
export const callbackNames: ReadonlySet<string> = new Set([
  "init/1", "handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2", "terminate/2", "code_change/3", "format_status/1", "format_status/2", "start_link/1", "child_spec/1", "mount/1", "mount/3", "render/1",
  "handle_event/3", "handle_event/4", "handle_params/3", "handle_async/3", "update/2", "callback_mode/0", "handle_in/3", "handle_out/3", "join/3", "connect/2", "connect/3", "id/1", "call/2", "config_change/3",
  "handle_demand/2", "handle_events/3", "handle_subscribe/4", "handle_cancel/3", "handle_message/3", "handle_batch/4", "handle_failed/2", "run/1", "perform/1", "perform/2", "start/2", "stop/1", "prep_stop/1",
]);
