import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import type { Expr } from "../../syntax/tree.ts";
import { timerCancels, timerOrigins, type TimerOrigin } from "../../model/timers.ts";
import { isDropped } from "../../model/usage.ts";
import { calleeReplaced, isRenamed } from "../shared/edits.ts";

export default defineRule({
  id: "wrong-timer-cancel",
  family: "resources",
  title: "A timer is cancelled by the wrong module",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Use the function that fits the timer", ready: "where nothing reads the result of the cancel, which the two functions word differently" },
  source: "https://www.erlang.org/doc/apps/stdlib/timer.html#cancel/1",
  doc: {
    what: "`:timer.cancel/1` gets a reference of `Process.send_after/3`, `Process.cancel_timer/1` gets one of the `:timer` module, or either gets the whole `{:ok, tref}`.",
    why: "The two kinds of timer know nothing of each other. `:timer.cancel/1` of the other kind answers `{:error, :badarg}`, which nobody reads, and the timer fires all the same; `Process.cancel_timer/1` of the other kind raises.",
    instead: "`Process.cancel_timer/1` for `Process.send_after/3` and `:erlang.start_timer/3`; `:timer.cancel/1` with the `tref` taken out of `{:ok, tref}` for the `:timer` module.",
    fine: ["The kinds fit.", "The origin of the reference cannot be seen.", "Both kinds are kept in one field."],
    never: "A match such as `{:ok, _} = :timer.cancel(ref)` alone: it turns silence into a crash and the timer still fires.",
    sure: "Proven when the variable or the field has one origin in the module. Low in `terminate`, where most timers end with the process.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{poll: Process.send_after(self(), :poll, 1_000)}}
        def handle_info(:door, s) do
          :timer.cancel(s.poll) #! does nothing
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{poll: Process.send_after(self(), :poll, 1_000)}}
        def handle_info(:door, s) do
          Process.cancel_timer(s.poll)
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...timerCancels)) {
      const report = judge(site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(site: CallSite): Report | undefined {
  const [subject] = site.args;
  if (site.node.kind !== "call" || subject === undefined) return undefined;
  const origins = timerOrigins(subject, site.clause).filter(({ kind }) => kind !== "none");
  const [origin] = origins;
  if (origin === undefined || origin.kind === "unknown" || origins.some(({ kind }) => kind !== origin.kind)) return undefined;
  const flaw = isGuarded(site, subject) && origin.kind === "tref" ? `\`${subject.text}\` comes from \`${origin.at.name}\`, whose \`tref\` is no reference: this clause never takes it, and the timer goes on. Use \`:timer.cancel\`, without the guard.` : flawOf(site.name === ":timer.cancel", origin, subject.text);
  if (flaw === undefined) return undefined;
  return {
    at: site.node,
    // What ends with the process anyway.
    severity: site.fn.name === "terminate" ? "low" : "high",
    message: flaw,
    related: origins.slice(0, 3).map(({ at }) => ({ at, message: "the timer starts here" })),
    evidence: [`Every value of \`${subject.text}\` comes from ${[...new Set(origins.map(({ at }) => `\`${at.name}\``))].join(" or ")}.`],
    confidence: "proven",
    ready: () => fixesOf(site, origin),
  };
}

/** The clause runs for references alone. */
const isGuarded = ({ clause: { guard } }: CallSite, subject: Expr): boolean => guard?.isCall("is_reference") === true && guard.args[0]?.isVar(subject.name) === true;

/** The two functions answer differently, so the other one is put in where the answer is dropped. */
function* fixesOf(site: CallSite, { kind }: TimerOrigin): Generator<FixDraft> {
  const { node, args, name } = site;
  const fitting = name === ":timer.cancel" && kind === "ref" ? "Process.cancel_timer" : kind === "tref" ? ":timer.cancel" : undefined;
  const [subject] = args;
  if (fitting === undefined || subject === undefined || args.length !== 1 || isGuarded(site, subject) || !isDropped(node) || isRenamed(node.tree, "Process")) return;
  yield { title: `Use ${fitting}`, safe: true, edits: [calleeReplaced(node, fitting)] };
}

function flawOf(isTimerCancel: boolean, { kind, at }: TimerOrigin, subject: string): string | undefined {
  if (kind === "tuple") return `\`${subject}\` is the whole \`{:ok, tref}\` of \`${at.name}\`: ${isTimerCancel ? "`:timer.cancel` answers `{:error, :badarg}` and the timer goes on" : "`Process.cancel_timer` raises"}. Keep the \`tref\` and give it to \`:timer.cancel\`.`;
  if (isTimerCancel && kind === "ref") return `\`${subject}\` comes from \`${at.name}\`; \`:timer.cancel\` does nothing to it, so the timer still fires. Use \`Process.cancel_timer\`.`;
  if (!isTimerCancel && kind === "tref") return `\`${subject}\` comes from \`${at.name}\`; \`Process.cancel_timer\` raises an ArgumentError for it. Use \`:timer.cancel\`.`;
  return undefined;
}
