import type { Host } from "../../audit/host.ts";
import type { HostAnswer, HostQuestion } from "./messages.ts";

type Question = HostQuestion extends infer Q ? (Q extends HostQuestion ? Omit<Q, "id"> : never) : never;
type AnswerOf<K extends HostAnswer["kind"]> = Extract<HostAnswer, { readonly kind: K }>;

/**
 * The host of a thread that cannot reach files itself: whatever the audit asks goes through `ask`, and `take` brings the
 * answers, which may come in any order.
 */
export function askingHost(root: string, ask: (question: HostQuestion) => void): { readonly host: Host; readonly take: (answer: HostAnswer) => void } {
  const waiting = new Map<number, (answer: HostAnswer) => void>();
  let lastId = 0;
  const answered = async <K extends HostAnswer["kind"]>(question: Question, kind: K): Promise<AnswerOf<K>> => {
    const id = ++lastId;
    const answer = await new Promise<HostAnswer>((resolve) => {
      waiting.set(id, resolve);
      ask({ id, ...question });
    });
    if (answer.kind === "failed") throw new Error(answer.message);
    if (!isOf(answer, kind)) throw new Error("The files' side answered another question.");
    return answer;
  };
  const take = (answer: HostAnswer): void => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  };
  const host: Host = {
    root,
    list: async function* (skipped) {
      let part = await answered({ ask: "list", skipped: [...skipped] }, "listed");
      yield* part.entries;
      while (!part.isLast) {
        part = await answered({ ask: "more" }, "listed");
        yield* part.entries;
      }
    },
    read: async (path) => (await answered({ ask: "read", path }, "bytes")).bytes,
    grammar: async () => {
      const { core, elixir } = await answered({ ask: "grammar" }, "grammar");
      return { core, elixir };
    },
    now: () => performance.now(),
  };
  return { host, take };
}

const isOf = <K extends HostAnswer["kind"]>(answer: HostAnswer, kind: K): answer is AnswerOf<K> => answer.kind === kind;
