import type { Intent } from "./session.ts";

const inTurn: ReadonlySet<Intent["kind"]> = new Set<Intent["kind"]>(["choose", "grade", "splitFile", "move", "rename", "merge", "split", "pin", "undo", "redo", "apply", "undoAll", "verify"]);

/** Whether an intent has to wait while something is being done: it changes the shape or begins work, and begins at what the work before it leaves. */
export const waits = ({ kind }: Intent): boolean => inTurn.has(kind);

/** What waits, with one more intent at its end. Of a slider that is dragged only the last place counts. */
export const queued = (waiting: readonly Intent[], intent: Intent): readonly Intent[] => [...(intent.kind === "grade" ? waiting.filter(({ kind }) => kind !== "grade") : waiting), intent];
