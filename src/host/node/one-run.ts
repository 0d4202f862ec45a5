import { setFlagsFromString } from "node:v8";
import type { Host } from "../../audit/host.ts";

/** Sources from which on a parser that was compiled twice has earned the second time back before the scan ends. */
const LONG_RUN_BYTES = 4 * 1024 * 1024;

/** Node 20 optimises a function after about 67,000 bytes of bytecode run. Later versions count otherwise, and wait long enough. */
const LATER_OPTIMISATION = "--interrupt-budget=300000";

/** To be called before any code of the program is compiled: compiled code is kept for processes with the same flags. */
export function startOneRun(): void {
  if (process.versions.v8.startsWith("11.")) setFlagsFromString(LATER_OPTIMISATION);
}

/** Compiled once, and not again for speed. Code that is kept at the end has to be that of a process without these flags. */
function leaveWasmAsCompiled(): void {
  for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
  process.prependOnceListener("exit", () => {
    for (const flag of ["--wasm-tier-up", "--wasm-dynamic-tiering"]) setFlagsFromString(flag);
  });
}

/**
 * A host for a process that ends with its scan. V8 expects programs to go on: it compiles what runs often again, on other
 * cores, and of a small scan that is most of the work. Here it starts later, and the parser stays as it was first compiled
 * unless there is much to parse. Flags count for the whole process, so this is for the command line only.
 */
export function hostForOneRun(host: Host): Host {
  let bytes = 0;
  let isLittle = false;
  return {
    ...host,
    parsesLittle: () => {
      isLittle = true;
    },
    list: async function* (skipped) {
      for await (const entry of host.list(skipped)) {
        if ("size" in entry && /\.exs?$/.test(entry.path)) bytes += entry.size;
        yield entry;
      }
    },
    grammar: () => {
      if (isLittle || bytes < LONG_RUN_BYTES) leaveWasmAsCompiled();
      return host.grammar();
    },
  };
}
