// How near the plans come to splits that maintainers made: `npx tsx scripts/human-splits.ts --cases FILE --mirrors DIR [--list]`.
// For every new file that took at least three functions, the best group among at most five alternatives counts (F1 of function names).
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { planOf, subjectOf } from "../src/decompose/plan/planner.ts";
import { modulesOf } from "../src/decompose/read/module-source.ts";
import { nothingAround } from "../src/decompose/read/surroundings.ts";
import { loadGrammar } from "../src/syntax/grammar.ts";
import { elixirParser, type ParseElixir } from "../src/syntax/parse.ts";

type Split = { readonly id: string; readonly repo: string; readonly parent: string; readonly file: string; readonly modules: readonly string[]; readonly assignment: Readonly<Record<string, string>> };
type Score = { readonly part: string; readonly functions: number; readonly best: number; readonly first: number };

const { values: options } = parseArgs({ options: { cases: { type: "string" }, mirrors: { type: "string" }, list: { type: "boolean", default: false } } });

async function main(cases: string, mirrors: string): Promise<void> {
  const { resolve } = createRequire(join(process.cwd(), "package.json"));
  const parse = elixirParser(await loadGrammar({ core: readFileSync(resolve("web-tree-sitter/tree-sitter.wasm")), elixir: readFileSync(resolve("tree-sitter-wasms/out/tree-sitter-elixir.wasm")) }));
  const splits = readFileSync(cases, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Split);
  const scores = splits.flatMap((split) => {
    const source = sourceOf(mirrors, split);
    return source === undefined ? [] : scoresOf(parse, split, source);
  });
  if (options.list) for (const score of scores) console.log(`${score.best.toFixed(2)} ${score.first.toFixed(2)} ${String(score.functions).padStart(3)} ${score.part}`);
  const mean = (of: (score: Score) => number): string => (scores.reduce((sum, score) => sum + of(score), 0) / scores.length).toFixed(3);
  console.log(`${splits.length} splits, ${scores.length} new files: mean F1 best of five ${mean((score) => score.best)}, default ${mean((score) => score.first)}`);
}

/** The file before the split; undefined, with a word on it, when the clone is not there. */
function sourceOf(mirrors: string, { id, repo, parent, file }: Split): string | undefined {
  const base = join(mirrors, repo.replace("/", "+"));
  const gitDir = [join(base, "repo", ".git"), join(base, "repo"), join(base, ".git"), base].find((folder) => existsSync(join(folder, "HEAD")));
  try {
    return execFileSync("git", [`--git-dir=${gitDir ?? base}`, "show", `${parent}:${file}`], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    console.error(`left out, not in ${base}: ${id}`);
    return undefined;
  }
}

function scoresOf(parse: ParseElixir, split: Split, source: string): readonly Score[] {
  return modulesOf(parse(split.file, source))
    .filter((module) => split.modules.includes(module.name))
    .flatMap((module) => {
      const { alternatives } = planOf(subjectOf(split.file, module, nothingAround));
      const places = placesOf(split, module.name);
      const files = [...new Set(places.values())].filter((place) => place !== "stays");
      const groups = alternatives.slice(0, 5).map((alternative) => alternative.groups.map((group) => new Set(group.functions.map(nameOf).filter((name) => places.has(name)))));
      return files.flatMap((file) => {
        const wanted = new Set([...places].filter(([, place]) => place === file).map(([name]) => name));
        const best = (list: readonly ReadonlySet<string>[]): number => Math.max(0, ...list.map((group) => f1(group, wanted)));
        return wanted.size < 3 ? [] : [{ part: `${split.id} ${file}`, functions: wanted.size, best: best(groups.flat()), first: best(groups[0] ?? []) }];
      });
    });
}

/** Function name → new file or "stays"; what vanished or cannot be told is left out. */
function placesOf(split: Split, module: string): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [id, place] of Object.entries(split.assignment)) {
    const name = nameOf(id.slice(module.length + 1));
    if (id.startsWith(`${module}.`) && !/^(gone|ambiguous)/.test(place) && !places.has(name)) places.set(name, place.replace(/^both:/, ""));
  }
  return places;
}

const nameOf = (id: string): string => id.replace(/\/\d+$/, "");

function f1(group: ReadonlySet<string>, wanted: ReadonlySet<string>): number {
  const common = [...group].filter((name) => wanted.has(name)).length;
  return (2 * common) / Math.max(1, group.size + wanted.size);
}

if (options.cases === undefined || options.mirrors === undefined) {
  console.error("human-splits: --cases FILE and --mirrors DIR are needed");
  process.exitCode = 2;
} else void main(options.cases, options.mirrors);
