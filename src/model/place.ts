import type { CallSite, Closure } from "./call-site.ts";
import { entriesAt, entriesOf, type Entry } from "./context.ts";
import { effectsAt } from "./effects.ts";
import { isSerialised, operationsIn, tableFor } from "./ets.ts";
import { handlersAround, takesExits } from "./handlers.ts";
import type { ClosureKind } from "./known.ts";
import { quoted } from "./literals.ts";
import type { Fn } from "./module.ts";
import { usageOf } from "./usage.ts";
import type { Workspace } from "./workspace.ts";

/** What the model knows of one line, in words: whose code it is, who runs it, and what its calls do. */
export type Place = {
  readonly module: string;
  readonly function: string;
  /** Processes that run the line, one phrase each: "inside the process of Oven, from handle_call/3". */
  readonly runs: readonly string[];
  readonly calls: readonly { readonly text: string; readonly facts: readonly string[] }[];
};

/** The facts about a line (from 1) of a file; undefined where no function stands. */
export function placeAt(workspace: Workspace, path: string, line: number): Place | undefined {
  const file = workspace.files.find((candidate) => candidate.path === path);
  const fn = file?.modules.flatMap((module) => module.functions).findLast((candidate) => candidate.clauses.some(({ node }) => node.line <= line && line <= node.tree.positionAt(node.end - 1).line));
  if (fn === undefined) return undefined;
  const sites = fn.sites.filter(({ node }) => (node.kind === "call" ? node.nameLine : node.line) === line && /[\w?!]$/.test(node.name) && !syntax.has(node.name));
  const entries = sites.length === 0 ? entriesOf(fn) : sites.flatMap(entriesAt);
  return { module: fn.module.name, function: fn.id, runs: [...new Set(entries.map((entry) => wordsOf(entry, fn)))], calls: sites.map((site) => ({ text: quoted(site.node), facts: factsOf(site) })) };
}

const syntax = new Set(["case", "cond", "if", "unless", "with", "try", "receive", "for", "fn", "def", "defp", "do"]);

/** Who runs a place, as the end of a sentence that begins with "it runs". */
export const runsWhere = (site: CallSite): string => [...new Set(entriesAt(site).map((entry) => wordsOf(entry, site.fn)))].join(", and ") || "nowhere: nothing calls it";

function wordsOf(entry: Entry, fn: Fn): string {
  const { module } = entry;
  const through = entry.fn === fn ? "" : ` through ${entry.path.map((site) => site.callee?.id ?? site.name).join(", ")}`;
  switch (entry.kind) {
    case "callback":
      return `inside the process of ${module.shortName}, from ${entry.fn.id}${through}`;
    case "client":
      return `in whoever calls ${module.shortName}.${entry.fn.id}${through}`;
    case "closure":
      return `${entry.closure === undefined ? "in another process" : wordsOfClosure(entry.closure)}${through}`;
    case "test":
      return `in a test${through}`;
    case "script":
      return `in a script${through}`;
    case "macro":
      return "at compile time, where the macro is used";
    case "unknown":
      return `through a function value or a caller that cannot be seen${through}`;
  }
}

const closureWords: Readonly<Record<ClosureKind, string>> = {
  spawn: "in a process spawned", task: "in a task started", agent: "in the process of the agent called", telemetry: "in whichever process emits the event attached to", timer: "in a process of the timer armed", async: "in a task of the page started",
  stream: "wherever the stream is consumed that is built", remote: "on another node, called", "server-start": "in the process started", kept: "in whoever runs the function that is put away",
};
const wordsOfClosure = ({ kind, call }: Closure): string => `${closureWords[kind]} at line ${call.nameLine}`;

function factsOf(site: CallSite): readonly string[] {
  const facts: string[] = [];
  if (site.callee !== undefined) facts.push(`calls ${site.callee.module === site.module ? "" : `${site.callee.module.name}.`}${site.callee.id}`);
  for (const { kind, path } of effectsAt(site)) if (effectWords[kind] !== undefined) facts.push(`${effectWords[kind]}${path.length > 1 ? ` (through ${path.slice(1).map((step) => step.name).join(", ")})` : ""}`);
  facts.push(...tableFacts(site), resultWords(site), ...handlerFacts(site));
  return facts.filter((fact) => fact !== "");
}

const effectWords: Readonly<Record<string, string>> = {
  http: "asks a server over HTTP", database: "asks a database", file: "reads or writes files", os: "runs a program", socket: "waits for a socket", rpc: "waits for another node", sleep: "sleeps",
  call: "waits for the answer of another process", await: "waits for a task", start: "starts a process below a supervisor", scan: "walks all modules or applications", port: "opens a port",
};

function tableFacts(site: CallSite): readonly string[] {
  const operation = operationsIn(site.module).find((candidate) => candidate.site === site);
  if (operation === undefined) return [];
  const table = tableFor(operation);
  const known = table === undefined ? "whose creation is not known" : `${table.access ?? "of computed access"}, created at ${table.site.tree.path}:${table.site.node.nameLine}`;
  return [`works on the table ${quoted(operation.table, 40)} (${known})`, isSerialised(site) ? "only one process at a time can be here" : "several processes can be here at once"];
}

function resultWords(site: CallSite): string {
  const usage = usageOf(site.node);
  if (usage.kind === "dropped") return "its result is dropped";
  if (usage.kind === "returned") return "its result is returned";
  return usage.kind === "matched" ? `its result is matched against \`${quoted(usage.pattern, 40)}\`` : "";
}

function handlerFacts(site: CallSite): readonly string[] {
  const handlers = handlersAround(site);
  const exit = handlers.find(takesExits);
  const rescue = handlers.find(({ section }) => section === "rescue");
  return [...(exit === undefined ? [] : [`its exit is caught at line ${exit.clause.line}`]), ...(rescue === undefined ? [] : [`exceptions are rescued at line ${rescue.clause.line}; exits are not`])];
}
