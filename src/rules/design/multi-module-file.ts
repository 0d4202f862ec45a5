import { defineRule, elixir } from "../../engine/rule.ts";
import type { Module } from "../../model/module.ts";
import { codeLines, lineCount, moduleLines, ownCodeLines } from "../../model/size.ts";
import type { SourceFile } from "../../model/source-file.ts";

export default defineRule({
  id: "multi-module-file",
  family: "design",
  title: "Several modules share one large file",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Give each module a file of its own" },
  source: "https://github.com/lucasvegi/Elixir-Refactorings",
  doc: {
    what: "A file holds two or more sibling modules and many code lines.",
    why: "Nobody finds a module whose file has another name, every edit touches the same file, and what looks like one god module is often several sound ones.",
    instead: "One file per module, the path from the module's name. No caller changes, so it is the cheapest step of any split.",
    fine: ["A protocol with its implementations and at most two larger modules.", "One module with small ones beside it, such as structs and exceptions; small is less than 40 code lines or three functions.", "One module with parts below its own name that are together a third of it at most.", "A catalogue of exceptions, and files that hold only schemas.", "Tests, scripts and Mix tasks."],
    sure: "Always proven: it is counted. High and medium for three processes or more in one file, or two in one of over a thousand lines; low otherwise (of two files of two processes that were read, one was worth an issue).",
  },
  options: { codeLines: { default: 400, doc: "Code lines (no docs, comments, blank lines) above which a file of several modules is reported." } },
  bad: [],
  good: [
    elixir`
      defmodule Oven do
        def heat, do: 1
      end

      defmodule Oven.Gas do
        def heat, do: 2
      end`,
  ],

  *checkFile(file, options) {
    if (file.kind !== "lib") return;
    const modules = file.modules.filter((module) => module.declared === "module" && (module.parent === undefined || isSizeable(module)));
    const siblings = modules.filter((module) => modules.some((other) => other !== module && other.parent === module.parent));
    if (siblings.length < 2) return;
    const size = codeLines(file);
    if (size <= options.codeLines || isExempt(file, siblings)) return;
    const held = modules.filter((module) => siblings.includes(module) || isSizeable(module));
    const linesOf = (module: Module): number => moduleLines(module) - file.modules.reduce((inside, other) => inside + (other.parent === module ? moduleLines(other) : 0), 0);
    const sizes = held.map((module) => ({ module, lines: linesOf(module) })).sort((a, b) => b.lines - a.lines);
    const [largest] = sizes;
    if (largest === undefined) return;
    const { module } = largest;
    const publics = module.functions.filter((fn) => fn.kind === "def").length;
    const privates = module.functions.filter((fn) => fn.kind === "defp").length;
    yield {
      at: file.tree.root,
      firstLineOnly: true,
      severity: severityOf(file, siblings, largest.lines),
      confidence: "proven",
      message: `\`${file.path.slice(file.path.lastIndexOf("/") + 1)}\` holds ${modulesIn(file)} modules in ${lineCount(file).toLocaleString("en")} lines; the largest is ${module.name} with ${largest.lines} lines, ${publics} public and ${privates} private functions. Step one is one file per module, with no caller changed.`,
      related: held.map((one) => ({ at: one.node, message: `${one.name}: ${linesOf(one)} lines` })),
      evidence: [`${size} of ${lineCount(file)} lines are code.`, ...sizes.map((entry) => `${entry.module.name}: ${entry.lines} lines.`)],
    };
  },
});

/** Modules of a file, small ones included, without those that only hold others. */
const modulesIn = (file: SourceFile): number => file.modules.filter((module) => module.declared === "module" && (module.functions.length > 0 || !file.modules.some(({ parent }) => parent === module))).length;

/** Several processes in one long file hide each other; two that belong together are a matter of taste. */
function severityOf(file: SourceFile, siblings: readonly Module[], largest: number): "high" | "medium" | "low" {
  const processes = siblings.filter((module) => module.isServer).length;
  const isLong = lineCount(file) > 1000;
  if (processes < 2 || (processes === 2 && !isLong)) return "low";
  return isLong && largest > 400 ? "high" : "medium";
}

/** A nested module counts as one of its own when it is more than a struct or an exception. */
const isSizeable = (module: Module): boolean => module.functions.length >= 3 && ownCodeLines(module) >= 40;

/** One module that makes up three quarters of the file, and the parts of it below its own name. */
function isMainWithCompanions(sized: readonly Module[]): boolean {
  const [main, ...rest] = sized.toSorted((a, b) => ownCodeLines(b) - ownCodeLines(a));
  const others = rest.reduce((sum, module) => sum + ownCodeLines(module), 0);
  return main !== undefined && rest.every((module) => module.name.startsWith(`${main.name}.`)) && ownCodeLines(main) >= 3 * others;
}

/** A catalogue of exceptions, as errors of one library are kept together. */
const areMostlyErrors = (siblings: readonly Module[]): boolean => siblings.filter((module) => module.node.section("do")?.body.some((expr) => expr.isCall("defexception"))).length * 2 > siblings.length;

/** Small companions of one public module, schemas only, and macro or protocol files stay together. */
function isExempt(file: SourceFile, siblings: readonly Module[]): boolean {
  const sized = siblings.filter(isSizeable);
  if (sized.length < 2 || isMainWithCompanions(sized) || areMostlyErrors(siblings)) return true;
  if (file.modules.some((module) => module.declared === "protocol") && sized.length < 3) return true;
  return siblings.every((module) => module.uses.some((use) => /Schema$/.test(use.name)) || !isSizeable(module));
}
