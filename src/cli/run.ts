import { type Command, commandOf } from "./arguments.ts";
import { exitCode } from "./exit-code.ts";
import { isUsageError, type Machine } from "./machine.ts";
import { scanCommand } from "./scan-command.ts";
import { usage } from "./usage.ts";

/** Runs the command line. Answers the exit code; everything a user can cause ends in a sentence and code 2. */
export async function run(args: readonly string[], machine: Machine): Promise<number> {
  try {
    return await done(commandOf(args), machine);
  } catch (error) {
    if (isUsageError(error)) {
      machine.err(`${error.message}\n`);
      return exitCode.usage;
    }
    machine.err(`otp-audit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a bug of otp-audit ${machine.version}. A report with the command you ran helps to repair it.\n`);
    return exitCode.bug;
  }
}

async function done(command: Command, machine: Machine): Promise<number> {
  switch (command.kind) {
    case "scan":
      return scanCommand(command, machine);
    case "help":
      machine.out(usage);
      return exitCode.clean;
    case "version":
      machine.out(`${machine.version}\n`);
      return exitCode.clean;
    default:
      return (await machine.analysis()).otherCommand(command, machine);
  }
}
