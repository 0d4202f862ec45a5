import { type Finding, type ScanResult, severities } from "../engine/finding.ts";
import { changeBlocks, decisionBlocks, reenableBlocks, testChangeBlocks } from "./change-blocks.ts";
import { limitBlocks, closingBlocks, effortBlocks, recommendationBlocks } from "./closing-blocks.ts";
import { type Block, heading, paragraph } from "./document.ts";
import { groupBlocks } from "./group-blocks.ts";
import { openingBlocks } from "./opening-blocks.ts";
import type { ReportOptions } from "./parts.ts";
import { groupsOf } from "./recommendations.ts";
import { statisticsBlocks } from "./statistics-blocks.ts";
import { habitBlocks, moduleBlocks, sleepBlocks, supervisionBlocks } from "./survey-blocks.ts";

const titles = { critical: "Critical findings", high: "High findings", medium: "Medium findings", low: "Low findings" } as const;

/** The audit as a document: what was found, what it means, what to do, and what was not measured. */
export function auditDocument(result: ScanResult, options: ReportOptions): readonly Block[] {
  const sure = result.findings.filter(({ confidence }) => confidence !== "review");
  const reviews = groupsOf(result.findings.filter(({ confidence }) => confidence === "review"), options);
  const groups = groupsOf(sure, options);
  const inOrder = severities.map((severity) => groups.filter((group) => group.severity === severity));
  const numbers = new Map([...inOrder.flat(), ...reviews].flatMap(({ findings }) => findings).map((finding, index): [Finding, number] => [finding, index + 1]));
  return [
    ...openingBlocks(result, groups, options),
    ...changeBlocks(options),
    ...workBlocks(options),
    ...statisticsBlocks(result, groups, options),
    ...inOrder.flatMap((chosen) => (chosen[0] === undefined ? [] : [heading(2, titles[chosen[0].severity]), ...chosen.flatMap((group) => groupBlocks(group, numbers, options))])),
    ...(reviews.length === 0 ? [] : [heading(2, "To review"), paragraph("A person has to judge these: part of what decides them is not in the source. They count neither in the effort nor in the recommendations."), ...reviews.flatMap((group) => groupBlocks(group, numbers, options))]),
    ...moduleBlocks(options),
    ...supervisionBlocks(options),
    ...habitBlocks(options),
    ...sleepBlocks(options),
    ...recommendationBlocks(groups, numbers, options),
    ...effortBlocks(groups),
    ...limitBlocks(result, options),
    ...closingBlocks(result, groups),
  ];
}

/** What people wrote down, what tests changed, and what waits to be switched on again. */
function workBlocks(options: ReportOptions): readonly Block[] {
  const blocks = [...decisionBlocks(options), ...testChangeBlocks(options), ...reenableBlocks(options)];
  return blocks.length === 0 ? [] : [heading(2, "Worklog"), ...blocks];
}
