import { wordsOf } from "../cluster/words.ts";
import type { Unit, UnitModule } from "../read/unit.ts";

/** Verbs name what a function does, not what a module is about; some have a noun that does. */
const nounOf: Readonly<Record<string, string>> = {
  validate: "Validation", parse: "Parser", format: "Formatting", build: "Builder", encode: "Encoder", decode: "Decoder", load: "Loading", dump: "Dumping", cast: "Casting", convert: "Conversion", render: "Rendering",
  merge: "Merging", schedule: "Scheduling", notify: "Notification", calculate: "Calculation", compile: "Compilation", normalize: "Normalization", register: "Registration", sync: "Synchronization", log: "Logging",
  monitor: "Monitoring", report: "Reporting", plan: "Planning", traverse: "Traversal", sort: "Sorting", print: "Printing", serialize: "Serialization", authenticate: "Authentication", authorize: "Authorization",
  allocate: "Allocation", analyze: "Analysis", analyse: "Analysis", optimize: "Optimization", aggregate: "Aggregation", filter: "Filtering", search: "Search", import: "Import", export: "Export", upload: "Upload",
  download: "Download", subscribe: "Subscription", publish: "Publishing", broadcast: "Broadcast", route: "Routing", retry: "Retries", rotate: "Rotation", resolve: "Resolution", prepare: "Preparation", preload: "Preloading",
  initialize: "Initialization", init: "Initialization", start: "Startup", stop: "Shutdown", terminate: "Shutdown", shutdown: "Shutdown", connect: "Connections", fetch: "Retrieval", query: "Queries", execute: "Execution",
  match: "Matching", assert: "Assertions", configure: "Configuration", coordinate: "Coordination", distribute: "Distribution", negotiate: "Negotiation", evaluate: "Evaluation", estimate: "Estimation", detect: "Detection",
  expand: "Expansion", escape: "Escaping", reduce: "Reduction", compare: "Comparison", record: "Records", measure: "Measurements", collect: "Collection", tokenize: "Tokenizer", transform: "Transformation", verify: "Verification",
  check: "Checks", assign: "Assignment", apply: "Application", send: "Delivery", receive: "Reception", dispatch: "Dispatch", persist: "Persistence", store: "Storage", recover: "Recovery", migrate: "Migration", traversal: "Traversal",
};
const emptyVerbs = new Set(
  "handle create add remove delete update insert get set put fetch make do run process perform call try ensure maybe take drop find list read write open close change use give show has can should need want is on off with without at by into out up down all any each every one two next prev previous first last current old new start stop init main base basic common helper util utils misc other default internal private public impl value values data info item items arg args opt opts option options key keys name names type types result results state fun func function module term elem acc rest count id ids str string list lists map maps tuple int integer float bool atom atoms field fields param params line lines text number error errors not and or if else then from to for in of safe unsafe raw ok nil true false self exist exists valid invalid required requires raise reraise async sync lazy eager inner outer local remote simple single multiple multi pair part parts group groups left right top bottom head tail end begin begins start starts x y z a b c n m k v i j after before during existing working related selected closest ready possible current enough".split(" "),
);
/** Modules everybody uses: an alias of the same name would hide them. */
const standardModules = new Set(
  "Access Agent Application ArgumentError Atom Base Behaviour Bitwise Calendar Code Collectable Config Date DateTime Dict DynamicSupervisor Enum Enumerable Env Exception ExUnit EEx File Float Function GenEvent GenServer GenStage HashDict HashSet IEx IO Inspect Integer Kernel Keyword List Logger Macro Map MapSet Mix Module NaiveDateTime Node OptionParser PartitionSupervisor Path Port Process Protocol Range Record Regex Registry Set Stream String StringIO Supervisor System Task Time Tuple URI Version".split(" "),
);

export type NameRules = { readonly isTaken: (module: string) => boolean; /** Short names that code of the module already uses for something else. */ readonly heads: ReadonlySet<string> };

type Named = { readonly units: readonly Unit[] };

/** A name for each group, all different, free, and about what the group works on. */
export function namesFor(module: UnitModule, groups: readonly Named[], rules: NameRules): readonly string[] {
  const spread = new Map<string, number>();
  const counts = groups.map(({ units }) => wordCounts(units));
  for (const bag of counts) for (const word of bag.keys()) spread.set(word, (spread.get(word) ?? 0) + 1);
  const own = ownWords(module);
  const taken = new Set<string>();
  return groups.map((group, i) => {
    const candidates = [...candidateNames(module, group, counts[i] ?? new Map(), spread, own)];
    const isFree = (name: string): boolean => !taken.has(name) && isUsable(module, name, rules);
    let name = candidates.find(isFree);
    for (let number = i + 1; name === undefined; number++) if (isFree(`Part${number}`)) name = `Part${number}`;
    taken.add(name);
    return `${module.name}.${name}`;
  });
}

const MOST_SUGGESTIONS = 6;

/** Full names that would suit a group, best first, none of them taken. */
export function suggestionsFor(module: UnitModule, units: readonly Unit[], rules: NameRules): readonly string[] {
  const own = ownWords(module);
  const candidates = candidateNames(module, { units }, wordCounts(units), new Map(), own);
  return [...new Set(candidates)].filter((name) => isUsable(module, name, rules)).slice(0, MOST_SUGGESTIONS).map((name) => `${module.name}.${name}`);
}

const ownWords = (module: UnitModule): ReadonlySet<string> => new Set([...commonInTitles(module), ...module.name.split(".").flatMap((segment) => wordsOf(segment.replace(/([a-z])([A-Z])/g, "$1_$2")))]);
const isUsable = (module: UnitModule, name: string, rules: NameRules): boolean => /^[A-Z][A-Za-z0-9]{2,39}$/.test(name) && !standardModules.has(name) && !rules.heads.has(name) && !rules.isTaken(`${module.name}.${name}`);

function* candidateNames(module: UnitModule, group: Named, counts: ReadonlyMap<string, number>, spread: ReadonlyMap<string, number>, own: ReadonlySet<string>): Generator<string> {
  const banner = bannerName(module, group, own);
  if (banner !== undefined) yield banner;
  const scored = [...counts].map(([word, count]) => ({ word, score: (count * count) / ((spread.get(word) ?? 1) + 1) / (own.has(word) ? 6 : 1) })).sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1));
  const subjects = scored.filter(({ word }) => !emptyVerbs.has(word) && nounOf[word] === undefined && word.length > 2);
  const activities = scored.filter(({ word }) => nounOf[word] !== undefined);
  const [subject, second] = subjects;
  const [activity] = activities;
  const verb = activity === undefined ? undefined : nounOf[activity.word];
  if (verb !== undefined && activity !== undefined && activity.score >= 1.2 * (subject?.score ?? 0)) yield verb;
  if (subject !== undefined && subject.score >= 1) yield camel(subject.word);
  if (subject !== undefined && verb !== undefined) yield `${camel(subject.word)}${verb}`;
  if (verb !== undefined) yield verb;
  if (subject !== undefined && second !== undefined) yield `${camel(subject.word)}${camel(second.word)}`;
  for (const other of subjects.slice(0, 4)) yield camel(other.word);
  for (const other of activities.slice(0, 4)) yield nounOf[other.word] ?? "";
  const [thing] = scored.filter(({ word }) => word.length > 2 && nounOf[word] === undefined);
  if (thing !== undefined && subject !== undefined) yield `${camel(subject.word)}${camel(thing.word)}`;
  if (thing !== undefined) yield `${camel(thing.word)}${verb ?? "Operations"}`;
}

function bannerName(module: UnitModule, { units }: Named, own: ReadonlySet<string>): string | undefined {
  const titles = new Map<string, number>();
  for (const unit of units) if (unit.section !== undefined) titles.set(unit.section, (titles.get(unit.section) ?? 0) + 1);
  const best = [...titles].sort((a, b) => b[1] - a[1])[0];
  if (best === undefined || best[1] < units.length * 0.6) return undefined;
  const whole = [...module.units.values()].filter((unit) => unit.section === best[0]).length;
  if (best[1] < whole * 0.5) return undefined;
  const noise = /^(the|and|of|for|a|an|private|public|api|functions?|helpers?|callbacks?|client|server|implementation|internal|utilit(y|ies)|section|stuff|misc|to|with|working|related|using|dealing|about|genserver|operations|module|methods?)$/i;
  const said = best[0].split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && !noise.test(word));
  const telling = said.filter((word) => !wordsOf(word).some((stem) => own.has(stem)));
  const words = telling;
  const verbless = words.length === 1 ? words.map((word) => nounOf[word.toLowerCase()] ?? word) : words;
  if (verbless.length === 0 || verbless.length > 3 || (verbless.length === 1 && emptyVerbs.has((verbless[0] ?? "").toLowerCase()))) return undefined;
  return verbless.map(camel).join("");
}

/** Words that most section titles of a module share: they tell the sections apart from nothing. */
function commonInTitles(module: UnitModule): readonly string[] {
  const titles = [...new Set([...module.units.values()].map((unit) => unit.section))].filter((title) => title !== undefined);
  const counts = new Map<string, number>();
  for (const title of titles) for (const word of new Set(wordsOf(title.replace(/[^A-Za-z0-9]+/g, "_")))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].filter(([, count]) => count >= 3 && count > titles.length / 2).map(([word]) => word);
}

function wordCounts(units: readonly Unit[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const unit of units) for (const word of new Set(wordsOf(unit.name))) counts.set(word, (counts.get(word) ?? 0) + (unit.isPrivate ? 1 : 2));
  return counts;
}

/** Short forms that are fine in a function and not in a module's name. */
const spelledOut: Readonly<Record<string, string>> = { req: "request", resp: "response", assoc: "association", expr: "expression", msg: "message", conn: "connection", env: "environment", fmt: "format", char: "character", desc: "description", img: "image", qty: "quantity", addr: "address", col: "column", idx: "index", len: "length", num: "number", ref: "reference", src: "source", ctx: "context", cfg: "configuration", opt: "option", proc: "process", stmt: "statement", tx: "transaction", txn: "transaction" };

const camel = (word: string): string => {
  const whole = spelledOut[word] ?? word;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
};

/** `Macro.underscore`: the file name of a module's segment. */
export const underscored = (name: string): string => name.replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2").replace(/([a-z\d])([A-Z])/g, "$1_$2").replace(/-/g, "_").toLowerCase();

/** Where a new module's file goes: below the folder that the old file's name gives. */
export function fileFor(oldFile: string, oldModule: string, newModule: string): string {
  const below = newModule.startsWith(`${oldModule}.`) ? newModule.slice(oldModule.length + 1) : (newModule.split(".").at(-1) ?? newModule);
  return `${oldFile.replace(/\.exs?$/, "")}/${below.split(".").map(underscored).join("/")}.ex`;
}
