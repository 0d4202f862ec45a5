import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Elixir files of one case by path, and an expression to evaluate once they are compiled together. */
export type ElixirCase = { readonly name: string; readonly files: Readonly<Record<string, string>>; readonly expression: string };

/** What Elixir made of a case: its warnings, what the expression answered, or the error. */
export type ElixirAnswer = { readonly warnings: string; readonly value: string; readonly error: string };

/** Compiles each folder on its own, prints one line of three base64 fields, and forgets the modules again. */
const runner = String.raw`
Code.put_compiler_option(:ignore_module_conflict, true)
for folder <- System.argv() do
  files = Path.wildcard(Path.join(folder, "**/*.ex")) |> Enum.sort()
  expression = File.read!(Path.join(folder, "expression.exs"))
  {warnings, value, error, modules} =
    try do
      case Kernel.ParallelCompiler.compile(files) do
        {:ok, modules, warnings} ->
          {value, _} = Code.eval_string(expression)
          {Enum.map_join(warnings, "\n", fn {_, _, message} -> to_string(message) end), inspect(value, limit: :infinity), "", modules}
        {:error, errors, _} -> {"", "", inspect(errors, limit: :infinity), []}
      end
    rescue
      error -> {"", "", Exception.message(error), []}
    end
  for module <- modules do
    :code.purge(module)
    :code.delete(module)
    :code.purge(module)
  end
  IO.puts("answer " <> Enum.map_join([warnings, value, error], " ", &("=" <> Base.encode64(&1))))
end
`;

/** Compiles and evaluates all cases in one Elixir; starting it is what takes time. */
export function elixirAnswers(cases: readonly ElixirCase[]): ReadonlyMap<string, ElixirAnswer> {
  const top = mkdtempSync(path.join(tmpdir(), "otp-audit-cases-"));
  try {
    const folders = cases.map(({ files, expression }, i) => {
      const folder = path.join(top, String(i).padStart(3, "0"));
      mkdirSync(folder);
      writeFileSync(path.join(folder, "expression.exs"), expression);
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
      }
      return folder;
    });
    const script = path.join(top, "runner.exs");
    writeFileSync(script, runner);
    const printed = execFileSync("elixir", [script, ...folders], { encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "ignore"] });
    const lines = printed.split("\n").filter((line) => line.startsWith("answer "));
    return new Map(cases.map(({ name }, i) => {
      const [warnings = "", value = "", error = ""] = (lines[i] ?? "").split(" ").slice(1).map((field) => Buffer.from(field.slice(1), "base64").toString());
      return [name, { warnings, value, error }];
    }));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}
