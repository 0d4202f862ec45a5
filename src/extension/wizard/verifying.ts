import { placesIn } from "../../wizard/mix-output.ts";
import type { Check, Session as Walk } from "../../wizard/session.ts";
import { walkSteps } from "../../wizard/walk-steps.ts";
import type { MixRun } from "../platform.ts";

const LONGEST_OUTPUT = 20_000;

type Command = { readonly title: string; readonly args: readonly string[]; readonly judge?: (output: string) => string | undefined };

/** Warnings that count as errors fail the command and leave everything compiled, so the other checks can go on. */
const hasCompiled = (output: string): boolean => output.includes("Compilation failed due to warnings");

/** Compiles, compares exports and runs the chosen tests with mix, one after the other; stops at the first that leaves nothing to check. */
export async function* verification(runMix: MixRun, folder: string, walk: Walk, tests: readonly string[]): AsyncGenerator<readonly Check[], readonly Check[]> {
  const checks: Check[] = [];
  for (const { title, args, judge } of commandsFor(walk, tests)) {
    yield [...checks, { title, state: "running", output: "", places: [] }];
    const { code, output } = await runMix(folder, args);
    const objection = code === 0 ? judge?.(output) : undefined;
    checks.push({ title, state: code === 0 && objection === undefined ? "passed" : "failed", output: (objection ?? output).slice(-LONGEST_OUTPUT), places: code === 0 && objection === undefined ? [] : placesIn(output, (file) => stepOf(walk, file)) });
    if (checks.at(-1)?.state === "failed" && !hasCompiled(output)) break;
  }
  return checks;
}

function commandsFor(walk: Walk, tests: readonly string[]): readonly Command[] {
  const { plan, start } = walk;
  const listing = `for {name, arity} <- ${plan.module}.__info__(:functions) ++ ${plan.module}.__info__(:macros), do: IO.puts("export #{name}/#{arity}")`;
  return [
    { title: "mix compile --warnings-as-errors", args: ["compile", "--force", "--warnings-as-errors"] },
    {
      title: `Exports of ${plan.module}, compiled`,
      args: ["run", "--no-compile", "--no-start", "-e", listing],
      judge: (output) => {
        const now = new Set([...output.matchAll(/^export (.+)$/gm)].map((match) => match[1] ?? ""));
        const lost = start.exports.filter((id) => !now.has(id));
        return lost.length === 0 ? undefined : `No longer exported: ${lost.join(", ")}`;
      },
    },
    ...(tests.length === 0 ? [] : [{ title: `mix test ${tests.join(" ")}`, args: ["test", ...tests] }]),
  ];
}

/** The step that wrote a file; the old module is written by all of them. */
function stepOf(walk: Walk, file: string): string | undefined {
  const group = walk.shape.groups.find((candidate) => candidate.file === file);
  if (group !== undefined) return walkSteps(walk).find(({ groups }) => groups.some(({ module }) => module === group.module))?.title;
  if (walk.files.some(({ path, isNew }) => isNew && path === file)) return walkSteps(walk).find(({ kind }) => kind === "files")?.title;
  return undefined;
}
