import { confidences, severities } from "../engine/finding.ts";
import { statuses } from "../audit/history.ts";
import { formats } from "./arguments.ts";

/** What `otp-audit --help` prints. */
export const usage = `otp-audit finds OTP design flaws in Elixir projects. It reads source and runs nothing.

Usage
  otp-audit scan PATH [options]     scan a folder, or files within their project
  otp-audit explain RULE            what a rule finds, why, and what to do instead
  otp-audit explain FILE:LINE       what is found at a line, and how it comes about
  otp-audit rules                   list all rules
  otp-audit baseline [PATH]         accept today's findings; later scans fail on new ones only
  otp-audit history [PATH]          list recorded audits
  otp-audit status FINGERPRINT ${statuses.join("|")} --reason TEXT [PATH]
  otp-audit plan FILE [--module M] [--format text|json] [--keep ID]
                                    ways to split a god module; --keep writes one to .otp_audit/plans
  otp-audit decompose FILE [--module M] [--alternative ID|--plan FILE] [--step N]
                                    split it, keeping its exported functions; --undo takes it back
  otp-audit merge RESULTS…          put the JSON results of all shards together

Options of scan
  --format ${formats.join("|")}
                                    how findings are printed (text)
  -o, --output FILE                 write to a file instead of the terminal
  --fail-on ${[...severities, "never"].join("|")}
                                    lowest severity that makes the exit code 1 (high);
                                    findings to review never do
  --rule ID                         run this rule only; may be given several times
  --min-confidence ${confidences.join("|")}
                                    leave out findings less sure than this (review)
  --extended                        run the opt-in rules, too
  --exclude GLOB                    leave out files; may be given several times
  --since REVISION                  only findings on lines changed since a git revision
  --staged                          only findings on staged lines, as they are staged
  --whole-files                     with the two above: all findings in changed files
  --baseline FILE, --no-baseline    another baseline than .otp_audit_baseline.json, or none
  --record                          keep this audit in .otp_audit, for the next report
  --shard I/N                       report part I of N (with --format json, for merge)

  -h, --help, -v, --version

Options of decompose
  --granularity N                   also for plan: one more way, 1 is usual, below are fewer modules, above more
  --alternative ID                  a way that plan lists, or files: one module per file
  --plan FILE                       groups of your own: a kept plan, or one alternative of plan --format json
  --step N                          one step of the plan
  --redirect                        later: point callers all over the project at the new modules
  --delegates keep|deprecate|remove with --redirect: what becomes of delegates nobody names any more (keep)
  --dry-run                         say what would be written
  --verify                          compile it in a copy first, correct what the compiler objects to, compare the
                                    exported functions; runs the project's code, so only for code you trust
  --with-tests                      and run mix test there, before and after

Option of baseline
  --accept-new                      add new findings to a baseline that is there already

What a scan learns about files is kept in the user's cache folder, so that the next one is fast;
OTP_AUDIT_CACHE=FOLDER keeps it elsewhere, OTP_AUDIT_CACHE=off nowhere.

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 the call or the configuration is wrong,
3 a split was refused before anything was written, 128 a bug of otp-audit. Colours appear on a terminal only; NO_COLOR turns them off.
`;
