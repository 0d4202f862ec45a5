import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { usageOf } from "../../model/usage.ts";

export default defineRule({
  id: "unowned-test-process",
  family: "tests",
  title: "A test starts a process that ExUnit does not own",
  severity: "low",
  set: "extended",
  fix: { kind: "automatic", title: "Start it with start_supervised!/1" },
  source: "https://hexdocs.pm/ex_unit/ExUnit.Callbacks.html#start_supervised/2",
  doc: {
    what: "A test or its setup starts a server with `start_link` or `start` and nothing in it stops the server again.",
    why: "A linked process gets its exit only after the test is over, while the next test already runs; one started with `start`, or linked to the process of `setup_all`, lives on. The next test then meets its name, its table or its messages.",
    instead: "`start_supervised!({Oven, arg})`: ExUnit stops it, and waits for its end, before the next test begins.",
    fine: ["The test is about starting, linking, crashing or stopping.", "The result is stopped in the test or in `on_exit`.", "A start that is expected to fail."],
    sure: "Likely where the process has a name, or is not linked; review otherwise, since an unlinked leftover without a name seldom meets anybody.",
  },
  bad: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "bakes" do
          {:ok, oven} = Oven.start_link(name: Oven) #! may outlive
          assert Oven.bake(oven) == :loaf
        end
      end`,
  ],
  good: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "bakes" do
          oven = start_supervised!({Oven, name: Oven})
          assert Oven.bake(oven) == :loaf
        end
      end`,
  ],

  *checkModule(module) {
    if (module.kind !== "test") return;
    for (const fn of module.functions) {
      if (fn.kind !== "block" || /\b(start|link|crash|restart|stop|exit|terminat|init|supervis|kill|down|die|dead)/i.test(fn.name)) continue;
      for (const clause of fn.clauses) {
        const starts = clause.sites.filter(isStart);
        if (starts.length === 0 || clause.sites.some(({ node }) => stops.test(node.name))) continue;
        for (const site of starts) yield reportOf(site);
      }
    }
  },
});

const stops = /(^|\.)(stop|on_exit|exit|shutdown|terminate_child|unlink|stop_supervised!?|flag|close|kill)$/;

/** A start whose success the test takes for granted. */
function isStart(site: CallSite): boolean {
  if (site.node.kind !== "call" || site.closure !== undefined || site.around.loose || site.around.quoted || !/^[A-Z][\w.]*\.(start_link|start)$/.test(site.name) || /^(Task|Application|Node|Mox)\./.test(site.name)) return false;
  const usage = usageOf(site.node);
  return usage.kind === "matched" && usage.pattern.kind === "tuple" && usage.pattern.children[0]?.isAtom("ok") === true;
}

function reportOf(site: CallSite): Report {
  const isNamed = site.args.some((arg) => [...arg.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom("name")));
  const isLinked = site.name.endsWith("_link");
  const module = site.name.replace(/\.(start_link|start)$/, "");
  return {
    at: site.node,
    firstLineOnly: true,
    confidence: isNamed || !isLinked ? "likely" : "review",
    message: `\`${module}\` may outlive this test: ${isLinked ? "its exit comes only after the test process has ended" : "nothing is linked to it"}. Start it with \`start_supervised!\`, which waits for its end.`,
    searched: ["a stop of it in the test or in `on_exit` (none)"],
  };
}
