import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { constantOf, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { registrationOf, trapsExits } from "../../model/server.ts";
import { isDropped } from "../../model/usage.ts";
import { flag } from "../../syntax/tree.ts";

export default defineRule({
  id: "telemetry-never-detached",
  family: "resources",
  title: "A process attaches a telemetry handler and nobody detaches it",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Detach the same id first, and when the process ends" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "A process attaches a telemetry handler, and no code detaches that id.",
    why: "The handler outlives the process with all its closure holds. After a restart a fixed id answers `{:error, :already_exists}`, so the old handler, with the old pid, stays in place unseen.",
    instead: "Detach the id before attaching it and match the result; detach it when the process ends (with `trap_exit` set).",
    fine: ["A captured function under a fixed id whose configuration holds no process: the one that stays attached is as good as a new one.", "Attached in `Application.start/2` or a boot module with a literal id and a stateless captured function.", "Detached in `after`, in `terminate/2` with `trap_exit`, or before the attach.", "Libraries that offer both attach and detach."],
    sure: "Proven for processes started more than once; likely for a named server; review, and low, for attach functions of libraries. Low, too, for a captured function that is given no process, since the handler that stays does what the refused one would do, and for an id that differs from process to process.",
  },
  bad: [
    elixir`
      defmodule Ledger do
        use GenServer
        def init(_) do
          :telemetry.attach("ledger", [:bakery, :sale], &Ledger.on/4, self()) #! holds the old pid
          {:ok, []}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Ledger do
        use GenServer
        def init(_) do
          :telemetry.detach("ledger")
          :ok = :telemetry.attach("ledger", [:bakery, :sale], &Ledger.on/4, self())
          {:ok, []}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":telemetry.attach", ":telemetry.attach_many")) {
      const report = module.isServer ? judge(module, site) : offeredAlone(module, site);
      if (report !== undefined) yield report;
    }
  },
});

/** A public `attach…` that only users of the library call, under a fixed id and without its counterpart; a `setup` at boot promises none. */
function offeredAlone(module: Module, site: CallSite): Report | undefined {
  const id = constantOf(site.args[0], module);
  const isFixed = id !== undefined && /^(string|atom|alias)$/.test(id.kind) && !id.has(flag.interpolated);
  if (!isFixed || site.node.kind !== "call" || !site.fn.isPublic || !site.fn.name.startsWith("attach") || entriesAt(site).some(({ kind, module: from }) => from.isLib && (kind === "callback" || kind === "closure" || kind === "macro")) || site.fn.callers.some((caller) => caller.module.isLib && caller.fn !== site.fn)) return undefined;
  if (module.workspace.calls(":telemetry.detach").some((detach) => detach.module === module || (detach.module.isLib && sameExpr(constantOf(detach.args[0], detach.module), id)))) return undefined;
  return {
    at: site.node,
    severity: "low",
    confidence: "review",
    message: `\`${module.shortName}.${site.fn.id}\` attaches \`${quoted(id, 40)}\` for whoever calls it, and nothing here detaches it: a second call answers {:error, :already_exists}, and users have to know the id to take it off. Offer the counterpart.`,
    evidence: ["No code of the workspace calls the function: it is there for users."],
    searched: ["`:telemetry.detach` of this id, or any in the module (none)"],
  };
}

function judge(module: Module, site: CallSite): Report | undefined {
  const id = site.args[0];
  if (id === undefined || site.node.kind !== "call") return undefined;
  const inside = entriesAt(site).filter((entry) => entry.kind === "callback");
  if (inside.length === 0) return undefined;
  const detaches = module.workspace.calls(":telemetry.detach").filter((detach) => detach.module === module || sameExpr(detach.args[0], id));
  const works = detaches.filter((detach) => detach.fn.name !== "terminate" || detach.module !== module || trapsExits(module));
  if (works.length > 0 || detaches.length > 0) return undefined;
  const registration = registrationOf(module);
  const config = site.args[3];
  const holdsProcess = (config?.isCall("self") ?? false) || (site.args[2]?.kind === "fn" && [...site.args[2].descendants()].some((part) => part.isCall("self") || (part.kind === "var" && /(^|_)(pid|parent|me|owner|server|test)$|^state$/.test(part.name)))) || [...(config?.descendants() ?? [])].some((part) => part.isCall("self") || part.isVar("state"));
  const dropped = isDropped(site.node);
  if (!holdsProcess && !dropped && id.kind === "string" && registration.kind === "literal") return undefined;
  // One handler that knows of no process does the work of the next one, too.
  if (!holdsProcess && site.args[2]?.kind === "funref" && (registration.kind === "literal" || constantOf(id, module)?.kind === "string")) return undefined;
  return {
    at: site.node,
    // A captured function that stays does what the refused one would do; under an id of its own none is refused.
    severity: holdsProcess && /^(string|atom|alias)$/.test(constantOf(id, module)?.kind ?? "") ? "medium" : "low",
    confidence: registration.kind === "per-instance" ? "proven" : "likely",
    message: `When ${module.shortName} restarts, its handler \`${quoted(id, 40)}\` is still attached${holdsProcess ? " and holds the old pid" : ""}; ${dropped ? "the second attach fails with :already_exists, unseen" : "the second attach answers {:error, :already_exists}"}.`,
    related: inside.slice(0, 1).flatMap((entry) => (entry.clause === undefined ? [] : [{ at: entry.clause.head, message: `${entry.fn.id} of ${entry.module.shortName} starts here` }])),
    evidence: [holdsProcess ? "The handler keeps a closure or the process itself." : "The handler is a captured function."],
    searched: ["`:telemetry.detach` of this id in the workspace (none)"],
  };
}
