import type { CallSite } from "../../model/call-site.ts";
import { integerOf } from "../../model/literals.ts";
import { statementsAfter } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

const windowKey = /(ttl|window|interval|timeout|expir|period|refresh|debounce|throttle|cooldown|delay|backoff|(^|_)age(_|$)|grace|duration|refill|(^|_)rate(_|$)|lease|retention|every|_ms$|poll)/;

/** A rate names the time it is counted in. */
const rateKey = /(?:^|_)per_(second|minute)(?:_|$)/;
const unitMs: Readonly<Record<string, number>> = { second: 1000, minute: 60_000 };

/** Longer pauses in a loop wait for something. */
const LONGEST_PACE_MS = 20;

/** Why a sleep in a test does no harm, in words that follow the place; undefined where the source shows no reason. */
export function reasonForSleep(site: CallSite): string | undefined {
  const time = site.args[0];
  if (time?.isAtom("infinity") === true) return "parks a process that has nothing more to do";
  if (site.closure !== undefined) return "in a helper process, which plays a slow or living peer";
  if (site.around.loose || isInGivenFunction(site.node)) return "is the work itself, in a function that the test passes on";
  if (site.fn.kind !== "block") return undefined;
  const ms = time === undefined ? undefined : integerOf(time, site.module);
  return windowReason(site, ms) ?? (isPace(site, ms) ? "paces a loop that makes load" : provesSurvival(site) ? "lets a time pass in which a process must not end" : undefined);
}

/** A short pause between the events of a loop that asserts nothing. */
const isPace = ({ around }: CallSite, ms: number | undefined): boolean => around.loop !== undefined && ms !== undefined && ms <= LONGEST_PACE_MS && ![...around.loop.descendants()].some((part) => part.kind === "call" && /^(assert|refute)/.test(part.name));

/** `assert Process.alive?(pid)` of a process that the test has held before: there is no event to wait for. */
function provesSurvival({ node, clause }: CallSite): boolean {
  const [next] = statementsAfter(node);
  const asked = next?.isCall("assert") === true && next.args[0]?.isCall("Process.alive?") === true ? next.args[0].args[0] : undefined;
  return asked?.kind === "var" && clause.node.descendantsOf("var").some((held) => held.name === asked.name && held.id < node.id);
}

/** The sleep is work or a peer: a closure the test passes on runs it. */
function isInGivenFunction(node: Expr): boolean {
  for (const above of node.ancestors()) {
    if (above.kind === "fn") return !(above.parent?.isCall("Enum.each", "Enum.map", "Enum.reduce", "Enum.flat_map") ?? false);
    if (above.isCall("test", "setup", "setup_all", "receive")) return above.name === "receive";
  }
  return false;
}

/** The test sets a time just below, or is about one: then the sleep lets it pass on purpose. */
function windowReason(site: CallSite, ms: number | undefined): string | undefined {
  const test = site.clause.node;
  const label = test.args[0]?.kind === "string" ? test.args[0].name : "";
  if (/(ttl|expir|window|rate.?limit|timeout|times? out|debounc|throttl|interval|after \d|delay|stale|idle|refill|cooldown)/i.test(label)) return "lets the time pass that its test is named for";
  if (ms === undefined) return [...(site.args[0]?.descendants() ?? [])].some((part) => (part.kind === "attribute" || part.kind === "var" || part.kind === "field") && windowKey.test(part.name)) ? "lets a time pass that has a name" : undefined;
  for (const expr of test.descendantsOf("pair")) {
    if (expr.key?.kind !== "atom") continue;
    const unit = unitMs[rateKey.exec(expr.key.name)?.[1] ?? ""];
    if (unit !== undefined && isJustAbove(ms, unit)) return "is just above the time that a rate of the test is counted in";
    const value = windowKey.test(expr.key.name) ? integerOf(expr.value, site.module) : undefined;
    if (value !== undefined && isJustAbove(ms, value)) return "is just above a time that the test sets";
  }
  return undefined;
}

const isJustAbove = (ms: number, time: number): boolean => Number.isInteger(time) && time > 0 && time <= ms && ms <= time * 5 + 200;
