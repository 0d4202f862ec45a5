import { openAudit } from "../../src/audit/open-audit.ts";
import type { Audit } from "../../src/audit/audit.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { type Answer, begin, type Intent, received, type Session } from "../../src/wizard/session.ts";
import { update } from "../../src/wizard/update.ts";

export const question = { file: "lib/bakery/back_office.ex", module: "Bakery.BackOffice" } as const;

/** The audit of a folder, without its rules. */
export const auditOf = (folder: string): Audit => openAudit(nodeHost(folder), () => ({ version: "", rules: [] }));

/** A walk at its beginning, for the module of a question. */
export async function walkOn(audit: Audit, asked: { readonly file: string; readonly module: string | undefined } = question): Promise<Session> {
  const planned = await audit.plan(asked);
  const walk = begin({ ...planned, mixObstacle: undefined, start: { metrics: planned.plan.metrics, exports: planned.exports } });
  if (walk === undefined) throw new Error("There is nothing to split.");
  return walk;
}

/** What the session is after an intent, with regrouping done by the audit as the panel does it. */
export async function following(walk: Session, audit: Audit, ...intents: readonly Intent[]): Promise<Session> {
  let session = walk;
  for (const intent of intents) {
    const outcome = update(session, intent);
    session = outcome.session;
    const { effect } = outcome;
    const asked = { file: session.plan.file, module: session.plan.module };
    const answer: Answer | undefined = effect?.kind === "reshape" ? { kind: "reshaped", ...(await audit.reshape(asked, effect.groups)), ...(effect.chosen === undefined ? {} : { chosen: effect.chosen }) } : effect?.kind === "grade" ? { kind: "reshaped", ...(await audit.grade(asked, effect.grade)), grade: effect.grade } : undefined;
    if (answer !== undefined) session = received(session, answer);
  }
  return session;
}
