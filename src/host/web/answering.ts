import type { Host } from "../../audit/host.ts";
import type { HostAnswer, HostQuestion, Listed } from "./messages.ts";

/** A walk is handed over in parts, so that a stopped scan ends it and a large workspace is no single huge message. */
const PART = 256;

/** Answers a thread's questions from a host that can reach files. Never rejects: what goes wrong is an answer, too. */
export function answering(host: Host): (question: HostQuestion) => Promise<HostAnswer> {
  let walk: AsyncIterator<Listed> | undefined;
  const answered = async (question: HostQuestion): Promise<HostAnswer> => {
    const { id } = question;
    switch (question.ask) {
      case "list":
        walk = host.list(new Set(question.skipped))[Symbol.asyncIterator]();
        return { id, kind: "listed", ...(await partOf(walk)) };
      case "more":
        if (walk === undefined) throw new Error("No listing is under way.");
        return { id, kind: "listed", ...(await partOf(walk)) };
      case "read":
        // A view into a larger buffer would take the whole of it along.
        return { id, kind: "bytes", bytes: (await host.read(question.path)).slice() };
      case "grammar":
        return { id, kind: "grammar", ...(await host.grammar()) };
    }
  };
  return async (question) => {
    try {
      return await answered(question);
    } catch (error) {
      return { id: question.id, kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  };
}

async function partOf(walk: AsyncIterator<Listed>): Promise<{ readonly entries: readonly Listed[]; readonly isLast: boolean }> {
  const entries: Listed[] = [];
  while (entries.length < PART) {
    const next = await walk.next();
    if (next.done === true) return { entries, isLast: true };
    entries.push(next.value);
  }
  return { entries, isLast: false };
}
