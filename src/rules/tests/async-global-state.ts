import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { literalName, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { indexed } from "../../model/indexes.ts";
import { replaced } from "../shared/edits.ts";

export default defineRule({
  id: "async-global-state",
  family: "tests",
  title: "An async test writes what all tests share",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Set async: false, or pass the value in", ready: "that sets `async: false`" },
  source: "https://hexdocs.pm/ex_unit/ExUnit.Case.html",
  doc: {
    what: "A test module with `async: true` writes the application or system environment, the working directory, the logger's level, a persistent term, or starts a process under a name that another async module uses, too.",
    why: "Async modules run at the same time in one VM. The others see the value while it is changed, and a restore in `on_exit` comes too late for them: tests fail now and then, each time another one.",
    instead: "`async: false` for this module; or pass the value as an argument or a start option.",
    fine: ["A key that no other code reads.", "A key under the test module's own name.", "A name that only this module uses: tests of one module run one after the other.", "A module that is not async."],
    never: "Restoring the value in `on_exit` alone.",
    sure: "Proven where the library's code reads the same key; likely for the working directory, the logger and names, where it takes a second test to be hurt.",
  },
  bad: [
    elixir`
      defmodule TillTest do
        use ExUnit.Case, async: true
        test "closes at the limit" do
          File.cd!("test/fixtures") #! Other async modules see
          assert Till.read("limit") == 1
        end
      end`,
  ],
  good: [
    elixir`
      defmodule TillTest do
        use ExUnit.Case, async: true
        test "closes at the limit" do
          assert Till.read("test/fixtures/limit") == 1
        end
      end`,
  ],

  *checkModule(module) {
    if (module.kind !== "test") return;
    const async = asyncOf(module);
    if (async === undefined) return;
    const writes = new Map<string, { readonly write: Write; readonly sites: CallSite[] }>();
    for (const site of module.callsMatching(writing)) {
      const write = site.node.kind === "call" ? writeAt(module, site) : undefined;
      const known = write === undefined ? undefined : writes.get(write.what);
      if (known !== undefined) known.sites.push(site);
      else if (write !== undefined) writes.set(write.what, { write, sites: [site] });
    }
    for (const { write, sites } of writes.values()) yield reportOf(sites, async, write);
  },
});

/** The `async: true` of a module's `use`; of several that say something of it the last one counts. */
function asyncOf(module: Module): Expr | undefined {
  const said = module.uses.flatMap((use) => use.options?.get("async") ?? []).at(-1);
  return said?.isAtom("true") === true ? said : undefined;
}

const naming = /^(Process\.register|:ets\.new|start_supervised!?|start_link_supervised!)$|\.start_link$/;
const writing = new RegExp(`^(Application\\.(put_env|delete_env)|:application\\.(set_env|unset_env)|System\\.(put_env|delete_env)|:persistent_term\\.(put|erase)|File\\.cd!?|Logger\\.configure)$|${naming.source}`);

type Write = { readonly what: string; readonly confidence: "proven" | "likely"; readonly reader: Expr | undefined };

function writeAt(module: Module, site: CallSite): Write | undefined {
  const { name, args } = site;
  if (/^Application\.(put_env|delete_env)$|^:application\.(set_env|unset_env)$/.test(name)) return envWrite(module, args[0], args[1]);
  if (name === "System.put_env" || name === "System.delete_env") return systemWrite(module, args[0]);
  if (name === ":persistent_term.put" || name === ":persistent_term.erase") return termWrite(module, args[0]);
  if (name === "File.cd" || name === "File.cd!") return { what: "the working directory", confidence: "likely", reader: undefined };
  if (name === "Logger.configure" && args[0]?.get("level") !== undefined) return { what: "the logger's level", confidence: "likely", reader: undefined };
  return nameWrite(module, site);
}

function envWrite(module: Module, app: Expr | undefined, key: Expr | undefined): Write | undefined {
  if (app?.kind !== "atom" || key === undefined || (key.kind !== "atom" && key.kind !== "alias") || isOwn(module, key)) return undefined;
  return readBy(module, settingOf(key), /^(Application\.(get_env|fetch_env!?|compile_env!?)|:application\.get_env)$/, (args) => args[0]?.isAtom(app.name) === true && sameExpr(args[1], key), `\`${quoted(key, 40)}\` of \`${app.text}\``);
}
function systemWrite(module: Module, name: Expr | undefined): Write | undefined {
  if (name?.kind !== "string") return undefined;
  return readBy(module, settingOf(name), /^System\.(get_env|fetch_env!?)$/, (args) => args[0]?.kind === "string" && args[0].name === name.name, `\`${name.name}\` of the system's environment`);
}
function termWrite(module: Module, key: Expr | undefined): Write | undefined {
  if (key === undefined || [...key.descendants()].some((part) => part.kind === "var" || part.kind === "call") || isOwn(module, key)) return undefined;
  return readBy(module, TERMS, /^:persistent_term\.get$/, (args) => sameExpr(args[0], key), `the persistent term \`${quoted(key, 40)}\``);
}

/** A key that names the test module itself, or a module of its file. */
const isOwn = (module: Module, key: Expr): boolean => [...key.descendants()].some((part) => part.kind === "alias" && (part.name.startsWith(module.name) || module.file.modules.some((other) => other.name === part.name)));

/** The write, if code of the product or of another test reads the same. */
function readBy(module: Module, key: string, reads: RegExp, isSame: (args: readonly Expr[]) => boolean, what: string): Write | undefined {
  const sites = readsOf(module.workspace).get(key).filter((site) => reads.test(site.name) && site.module !== module && isSame(site.args));
  const lib = sites.find((site) => site.module.isLib);
  const reader = lib ?? sites.find((site) => site.module.kind === "test");
  return reader === undefined ? undefined : { what, confidence: lib === undefined ? "likely" : "proven", reader: reader.node };
}
/** Reads of global settings, by what they read as far as it is written out. */
const readsOf = indexed("reads of global state", (module) =>
  module.calls("Application.get_env", "Application.fetch_env", "Application.fetch_env!", "Application.compile_env", "Application.compile_env!", ":application.get_env", "System.get_env", "System.fetch_env", "System.fetch_env!", ":persistent_term.get").map((site) => [site.name.startsWith(":persistent") ? TERMS : settingOf(site.name.startsWith("System") ? site.args[0] : site.args[1]), site] as const),
);
const TERMS = "persistent term";
const settingOf = (key: Expr | undefined): string => `setting ${key?.name ?? ""}`;

/** A fixed name under which another async module starts something, too. */
function nameWrite(module: Module, site: CallSite): Write | undefined {
  const name = nameStarted(site);
  if (name === undefined) return undefined;
  const others = namesOf(module.workspace).get(name).filter((other) => other.module !== module);
  const [other] = others;
  return other === undefined ? undefined : { what: `the name \`${name}\``, confidence: "likely", reader: other.node };
}

function nameStarted(site: CallSite): string | undefined {
  if (site.name === "Process.register") return literalName(site.args[1], site.module);
  if (site.name === ":ets.new") return site.args[1]?.children.some((option) => option.isAtom("named_table")) ? literalName(site.args[0], site.module) : undefined;
  if (!/^(start_supervised!?|start_link_supervised!)$|\.start_link$/.test(site.name)) return undefined;
  for (const arg of site.args) for (const part of arg.descendants()) if (part.kind === "pair" && part.key?.isAtom("name")) return literalName(part.value, site.module);
  return undefined;
}

/** Fixed names that async test modules start processes and tables under. */
const namesOf = indexed("names in async tests", (module) => {
  if (module.kind !== "test" || asyncOf(module) === undefined) return [];
  return module.callsMatching(naming).flatMap((site) => {
    const name = site.node.kind === "call" && site.closure === undefined ? nameStarted(site) : undefined;
    return name === undefined ? [] : [[name, site] as const];
  });
});

/** One finding for each thing that is written, at its first place in the module. */
function reportOf(sites: readonly CallSite[], async: Expr, write: Write): Report {
  const [first, ...others] = sites as readonly [CallSite, ...CallSite[]];
  const isName = write.what.startsWith("the name");
  return {
    at: first.node,
    firstLineOnly: true,
    confidence: write.confidence,
    message: isName ? `Another async module takes ${write.what}, too: whichever comes second fails with :already_started or finds the other's process.` : `Other async modules see ${write.what} changed while this test runs. Set \`async: false\`, or pass the value in.`,
    related: [{ at: async, message: "runs beside other modules" }, ...(write.reader === undefined ? [] : [{ at: write.reader, message: isName ? "takes the same name" : "reads the same" }]), ...others.slice(0, 4).map((site) => ({ at: site.node, message: "writes it again" }))],
    ready: () => runAlone(async),
  };
}

/** Tests of a module that is not async run when no other module does: what they check stays the same. */
function* runAlone(async: Expr): Generator<FixDraft> {
  yield { title: "Set async: false", safe: true, edits: [replaced(async, "false")] };
}
