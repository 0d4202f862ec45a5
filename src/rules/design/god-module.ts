import { defineRule } from "../../engine/rule.ts";
import { type Cluster, clustersOf, usedModules } from "../../model/cohesion.ts";
import { implementedIn } from "../../model/implemented.ts";
import type { Fn, Module } from "../../model/module.ts";
import { moduleLines, ownCodeLines } from "../../model/size.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "god-module",
  family: "design",
  title: "One module does the work of several",
  severity: "high",
  set: "default",
  fix: { kind: "plan", title: "Plan the split" },
  source: "https://hexdocs.pm/elixir/design-anti-patterns.html",
  doc: {
    what: "A module is large and its functions fall into groups that share nothing, or it offers and uses more than one module can explain.",
    why: "Every change meets every other one there, tests need the whole of it, and its name tells no longer what it does.",
    instead: "Move each group into a module named after its topic; the old module delegates, so no caller changes.",
    fine: ["Groups of nothing but callbacks, which stand where their behaviour looks for them.", "Facades that mostly delegate.", "Schemas, routers, controllers and views.", "Macro and DSL modules, generated code.", "One cohesive algorithm: one group, few dependencies."],
    sure: "Likely when two measures agree; review, and low, when only one does. A process of more than four times the size is high with groups that share nothing and medium without; any other module of that size is medium with groups that share nothing, and so is one with three of them and four times the public functions. Low below that, where size is a matter of taste (of five read there in code nobody had looked at, none was worth an issue; of five above, all were), and for functions that are all about one value, such as a `conn`, or demanded by a behaviour.",
  },
  options: {
    codeLines: { default: 500, doc: "Code lines (no docs, comments, blank lines) above which a module is looked at." },
    publicFunctions: { default: 25, doc: "Public functions above which a large module is reported." },
    usedModules: { default: 12, doc: "Project modules used above which a large module is reported." },
  },
  bad: [],
  good: [],

  *checkModule(module, options) {
    if (!module.isLib || module.declared !== "module" || isExempt(module)) return;
    if (moduleLines(module) <= options.codeLines) return; // counting what is code costs more
    const lines = ownCodeLines(module);
    if (lines <= options.codeLines) return;
    const publics = module.functions.filter((fn) => fn.kind === "def").length;
    const groups = clustersOf(module).filter((cluster) => cluster.functions.length >= 4 && cluster.lines >= 40 && !isDemanded(cluster));
    // One measure alone is a matter of taste, unless it is the groups or the size is out of all proportion.
    const isPlain = groups.length < 2 && lines <= 2 * options.codeLines;
    if (isPlain && publics <= options.publicFunctions) return;
    const used = usedModules(module).size;
    const measures = [publics > options.publicFunctions, groups.length >= 2, used > options.usedModules].filter(Boolean).length;
    if (measures === 0 || (measures === 1 && isPlain)) return;
    yield {
      at: module.node,
      firstLineOnly: true,
      confidence: measures >= 2 ? "likely" : "review",
      severity: measures < 2 ? "low" : severityOf(module, { times: lines / options.codeLines, breadth: publics / options.publicFunctions, groups: groups.length }),
      message: `${module.name}: ${lines} code lines, ${publics} public functions, ${used} project modules used${groups.length >= 2 ? `, ${groups.length} groups that share nothing: ${groups.slice(0, 4).map(nameOf).join(", ")}` : ""}.`,
      related: groups.length >= 2 ? groups.slice(0, 6).flatMap((group) => (group.functions[0] === undefined ? [] : [{ at: group.functions[0].node, message: `group of ${group.functions.length} functions around ${nameOf(group)}, ${group.lines} lines` }])) : [],
      evidence: [`Code lines: ${lines} (threshold ${options.codeLines}).`, `Public functions: ${publics} (threshold ${options.publicFunctions}).`, `Project modules used: ${used} (threshold ${options.usedModules}).`, `Groups of at least 4 functions: ${groups.length}.`],
      searched: ["delegation only (no)", "a schema, router, view or macro module (no)"],
    };
  },
});

/** One process that does the work of several is a bottleneck and a single point of failure; a large module of functions costs its readers. */
function severityOf(module: Module, { times, breadth, groups }: Size): "high" | "medium" | "low" {
  // Below that readers disagree on what is too large, unless so many functions make up so many groups.
  if (times <= 4 && (module.isServer || groups < 3 || breadth <= 4)) return "low";
  if (module.isServer) return groups >= 2 ? "high" : "medium";
  // Groups without a shared helper or attribute are modules by any taste, once there is much of them.
  return groups >= 2 && !isAboutOneThing(module) ? "medium" : "low";
}

/** How many times the thresholds for code lines and public functions a module has, and how many groups. */
type Size = { readonly times: number; readonly breadth: number; readonly groups: number };
/** All that others call of a group are callbacks of the module's behaviours: they stand where the behaviour looks for them. */
const isDemanded = ({ functions }: Cluster): boolean => {
  const demanded = (fn: Fn): boolean => fn.isCallback || implementedIn(fn.module).has(fn);
  return functions.some(demanded) && functions.every((fn) => !fn.isPublic || demanded(fn));
};

/** Functions of one value, such as all that take a `conn` first, or what a behaviour demands, belong together by what they are about. */
function isAboutOneThing(module: Module): boolean {
  const publics = module.functions.filter((fn) => fn.kind === "def" && fn.arity > 0);
  const demanded = publics.filter((fn) => fn.isCallback).length;
  const firsts = new Map<string, number>();
  for (const fn of publics) {
    for (const name of subjectsOf(fn.clauses[0]?.params[0])) firsts.set(name, (firsts.get(name) ?? 0) + 1);
  }
  return Math.max(demanded, ...firsts.values()) * 2 > publics.length;
}

/** What a parameter is called, and the struct it is matched as. */
function subjectsOf(param: Expr | undefined): string[] {
  if (param?.kind === "match") return [...subjectsOf(param.left), ...subjectsOf(param.right)];
  return param?.kind === "var" || param?.kind === "struct" ? [param.name.replace(/^_/, "")] : [];
}

/** The function that the group is known by: its largest public one, else its largest. */
function nameOf(cluster: Cluster): string {
  const ranked = cluster.functions.toSorted((a, b) => Number(b.isPublic) - Number(a.isPublic) || b.node.end - b.node.start - (a.node.end - a.node.start));
  return ranked[0]?.id ?? "";
}

function isExempt(module: Module): boolean {
  if (module.uses.some((use) => /(^|\.)(Schema|Router|Component|Components|HTML|View)$/.test(use.name))) return true;
  if (module.uses.some((use) => use.options?.kind === "atom" && ["router", "view", "html", "component", "controller"].includes(use.options.name))) return true;
  const macros = module.functions.filter((fn) => fn.kind === "defmacro" || fn.kind === "defmacrop").length;
  const delegates = module.functions.filter((fn) => fn.kind === "delegate").length;
  return macros * 3 > module.functions.length || delegates * 2 > module.functions.length;
}
