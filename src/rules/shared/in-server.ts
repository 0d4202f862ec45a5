import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, entriesOf, type Entry, isUnused } from "../../model/context.ts";
import { effectAt, type EffectKind, type Reached } from "../../model/effects.ts";
import type { Fn, Module } from "../../model/module.ts";
import { remembered } from "../../model/reading.ts";
import { requestsIn, tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";

/** A place in a server's own code that runs inside its process, with one way to it. */
export type Inside = {
  readonly site: CallSite;
  readonly entry: Entry;
  /** Whether every way to the place starts in callbacks of this server. */
  readonly isOnly: boolean;
};

/** The way into the server's process through which a place runs; undefined when it runs only elsewhere. */
export function insideOf(module: Module, site: CallSite, wanted: (entry: Entry) => boolean): Inside | undefined {
  if (isUncalled(site.fn)) return undefined;
  const entries = entriesAt(site);
  const entry = entries.find((candidate) => candidate.kind === "callback" && candidate.module === module && wanted(candidate));
  return entry === undefined ? undefined : { site, entry, isOnly: entries.every((candidate) => candidate.kind === "callback" && candidate.module === module) };
}

/** A function that nobody calls is no callback's: asked first, because whole modules consist of such. */
const isUncalled = (fn: Fn): boolean => !fn.isCallback && fn.callers.length === 0;

/** The calls of a server's functions that a callback of it reaches: most questions about a call cost more than this one about its function. */
export const callsInside = remembered((module: Module): readonly CallSite[] => {
  const reached = new Set(module.functions.filter((fn) => !fn.isMacro && !isUncalled(fn) && entriesOf(fn).some((entry) => entry.kind === "callback" && entry.module === module)));
  return reached.size === 0 ? [] : module.calls().filter(({ fn }) => reached.has(fn));
});

/** Handlers of messages: neither start-up nor shutdown, nor a page's pure `render/1`. */
export const inHandler = (entry: Entry): boolean => !/^(init|terminate|code_change|render|callback_mode|id|format_status)$/.test(entry.fn.name);
/** The message is a call, and somebody waits for what the clause answers. */
export const isCall = ({ fn, clause }: Entry): boolean => fn.name === "handle_call" || clause?.params[0]?.children[0]?.isAtom("call") === true;
/** The server's module has functions that ask for this, and the project calls none of them. */
export function isUnasked({ clause, module, fn }: Entry): boolean {
  const tag = tagOf(clause?.params[0]);
  if ((fn.name !== "handle_call" && fn.name !== "handle_cast") || tag === undefined) return false;
  const askers = requestsIn(module).filter(({ kind, message, fn: asker }) => `handle_${kind}` === fn.name && !asker.isCallback && tagOf(message)?.tag === tag.tag && tagOf(message)?.size === tag.size);
  return askers.length > 0 && askers.every((asker) => isUnused(asker.fn));
}
export const inInit = (entry: Entry): boolean => entry.fn.id === "init/1";

/** An effect of a place that runs inside a server. */
export type Harm = Inside & { readonly reached: Reached };

/**
 * Places in the module's own functions that have one of the effects themselves, or call another module that does, and run
 * inside the server. A function that repeats an effect is named once for each place.
 */
export function* harmsIn(module: Module, kinds: ReadonlySet<EffectKind>, wanted: (entry: Entry) => boolean): Generator<Harm> {
  for (const fn of module.functions) {
    if (fn.isMacro || fn.kind === "block") continue;
    for (const clause of fn.clauses)
      for (const site of clause.sites) {
        if (site.closure !== undefined || site.around.loose || site.around.quoted || site.callee?.module === module) continue;
        const reached = effectAt(site, kinds);
        if (reached === undefined) continue;
        const inside = insideOf(module, site, wanted);
        if (inside !== undefined) yield { ...inside, reached };
      }
  }
}

/** Calls from the place to the effect in other modules, for a finding's related places. */
export const onwardSteps = (reached: Reached): { at: Expr; message: string }[] =>
  reached.path.slice(1).map((site) => ({ at: site.node, message: site.callee === undefined ? `\`${site.name}\` runs here` : `calls ${site.callee.module.shortName}.${site.callee.id}` }));

/** The way in, said in a sentence of evidence. */
export const wayIn = (entry: Entry): string => `Reached from ${entry.fn.id} of ${entry.module.shortName}${entry.path.length === 0 ? "" : ` in ${entry.path.length} ${entry.path.length === 1 ? "call" : "calls"}`}.`;

/** `5 s`, `200 ms`. */
export const duration = (ms: number): string => (ms >= 1000 && ms % 100 === 0 ? `${ms / 1000} s` : `${ms} ms`);
