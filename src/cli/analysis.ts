import { answerFrom, answerOf, wholeOf } from "../audit/cache/answer.ts";
import { otherCommand } from "./other-commands.ts";
import { backgroundOf } from "./report-background.ts";
import { checkRules } from "./rule-names.ts";
import { ruleReport } from "./rule-report.ts";

/**
 * What of the command line needs the rules and the parser, in one piece: a scan that finds its answer among what is kept does
 * without, and loading it would be most of what such a scan costs.
 */
export const analysis = { answerFrom, answerOf, backgroundOf, checkRules, otherCommand, ruleReport, wholeOf } as const;
export type Analysis = typeof analysis;
