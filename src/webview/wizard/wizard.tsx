import { useEffect } from "preact/hooks";
import type { Intent } from "../../wizard/session.ts";
import type { Snapshot } from "../../wizard/view.ts";
import { Apply } from "./apply.tsx";
import { FileLink, type PageProps, Primary, Secondary, Sign } from "./parts.tsx";
import { Review } from "./review.tsx";
import { Shape } from "./shape.tsx";
import { Understand } from "./understand.tsx";
import { Verify } from "./verify.tsx";

const pages = { understand: Understand, shape: Shape, review: Review, apply: Apply, verify: Verify } as const;
const before: Readonly<Record<Snapshot["step"], Snapshot["step"] | undefined>> = { understand: undefined, shape: "understand", review: "shape", apply: "review", verify: "apply" };

/** The one action that leads on from where the walk stands. */
export function primaryOf({ step, planSteps, isSound, checks, isFrozen }: Snapshot): { readonly label: string; readonly icon: string; readonly intent: Intent } {
  const open = planSteps.find(({ isApplied }) => !isApplied);
  switch (step) {
    case "understand":
      return { label: "Shape the split", icon: "split-horizontal", intent: { kind: "go", step: "shape" } };
    case "shape":
      return { label: "Review the steps", icon: "list-ordered", intent: { kind: "go", step: "review" } };
    case "review":
      return { label: "Go to apply", icon: "arrow-right", intent: { kind: "go", step: "apply" } };
    case "apply":
      return open === undefined ? { label: "Verify", icon: "beaker", intent: { kind: "go", step: "verify" } } : { label: `Write step ${planSteps.indexOf(open) + 1}`, icon: "save", intent: { kind: "apply", steps: [open.key], withPreview: false } };
    case "verify":
      return isFrozen && isSound && checks.every(({ state }) => state === "passed") ? { label: "Copy the commit message", icon: "copy", intent: { kind: "copyMessage" } } : { label: "Run the checks", icon: "run", intent: { kind: "verify" } };
  }
}

/** The walk: a stepper that is always there, one page at a time, one primary action. */
export function Wizard({ snapshot, send }: PageProps) {
  const Page = pages[snapshot.step];
  const primary = primaryOf(snapshot);
  const isBusy = snapshot.doing !== undefined;
  const earlier = before[snapshot.step];
  // Another step is another page: it begins at its top.
  useEffect(() => window.scrollTo(0, 0), [snapshot.step]);
  useKeys(snapshot, send, () => isBusy || send(primary.intent));
  return (
    <main aria-busy={isBusy}>
      <header class="head">
        <h1>Split {snapshot.module}</h1>
        <p class="quiet"><FileLink file={snapshot.file} send={send} /></p>
      </header>
      <nav aria-label="Steps">
        <ol class="stepper">
          {snapshot.steps.map(({ id, title, isDone }, index) => (
            <li key={id}>
              <button type="button" class={isDone ? "step done" : "step"} aria-current={id === snapshot.step ? "step" : undefined} onClick={() => send({ kind: "go", step: id })}>
                <span class="number" aria-hidden="true">{isDone ? <Sign name="check" /> : index + 1}</span> <span class="name">{title}</span>
                {isDone ? <span class="hidden"> (done)</span> : null}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div role="alert">
        {snapshot.problem === undefined ? null : (
          <div class="problem">
            <p><Sign name="error" /> {snapshot.problem.message}</p>
            {snapshot.problem.remedy === undefined ? null : <Secondary onClick={() => send({ kind: "remedy" })}>{snapshot.problem.remedy.label}</Secondary>}
          </div>
        )}
      </div>
      {snapshot.staleNotes.length === 0 ? null : <ul class="notes" role="status" aria-label="The code changed">{snapshot.staleNotes.map((note) => <li key={note}>{note}</li>)}</ul>}
      <Page snapshot={snapshot} send={send} />
      {snapshot.step === "shape" ? null : <div role="status" aria-live="polite">{snapshot.notes.length === 0 ? null : <ul class="notes">{snapshot.notes.map((note) => <li key={note}>{note}</li>)}</ul>}</div>}
      <footer>
        {earlier === undefined ? null : <Secondary icon="arrow-left" onClick={() => send({ kind: "go", step: earlier })}>Back</Secondary>}
        <Primary icon={primary.icon} isDisabled={isBusy} title="Ctrl+Enter" onClick={() => send(primary.intent)}>{primary.label}</Primary>
        <span class="quiet" role="status">{isBusy ? `${snapshot.doing}…` : ""}</span>
      </footer>
    </main>
  );
}

/** Ctrl+Enter is the primary action everywhere, as it is in VS Code's own commit box; undo and redo belong to the shape. */
function useKeys(snapshot: Snapshot, send: PageProps["send"], primary: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
      const key = event.key.toLowerCase();
      const action = key === "enter" ? primary : snapshot.step !== "shape" || isTyping ? undefined : key === "y" || (key === "z" && event.shiftKey) ? () => send({ kind: "redo" }) : key === "z" ? () => send({ kind: "undo" }) : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
