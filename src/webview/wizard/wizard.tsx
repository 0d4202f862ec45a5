import { useEffect } from "preact/hooks";
import type { Intent, StepId } from "../../wizard/session.ts";
import type { Snapshot } from "../../wizard/view.ts";
import { Apply } from "./apply.tsx";
import { Review } from "./review.tsx";
import { Shape } from "./shape.tsx";
import { Understand } from "./understand.tsx";
import { Verify } from "./verify.tsx";

export type Send = (intent: Intent) => void;
export type PageProps = { readonly snapshot: Snapshot; readonly send: Send };

const pages = { understand: Understand, shape: Shape, review: Review, apply: Apply, verify: Verify } as const;
const next: Readonly<Record<StepId, { readonly step: StepId; readonly label: string } | undefined>> = {
  understand: { step: "shape", label: "Shape the split" },
  shape: { step: "review", label: "Review the steps" },
  review: { step: "apply", label: "Go to apply" },
  apply: { step: "verify", label: "Verify" },
  verify: undefined,
};

/** The walk: a stepper that is always there, one page at a time, one primary action. */
export function Wizard({ snapshot, send }: PageProps) {
  const Page = pages[snapshot.step];
  const onward = next[snapshot.step];
  // Another step is another page: it begins at its top.
  useEffect(() => window.scrollTo(0, 0), [snapshot.step]);
  return (
    <main aria-busy={snapshot.isBusy}>
      <header>
        <h1>Split {snapshot.module}</h1>
        <p class="quiet">{snapshot.file}</p>
      </header>
      <nav aria-label="Steps">
        <ol class="stepper">
          {snapshot.steps.map(({ id, title, isDone }, index) => (
            <li key={id}>
              <button type="button" class="step" aria-current={id === snapshot.step ? "step" : undefined} onClick={() => send({ kind: "go", step: id })}>
                <span class="number" aria-hidden="true">{isDone ? "✓" : index + 1}</span> {title}
                {isDone ? <span class="hidden"> (done)</span> : null}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div role="alert">{snapshot.problem === undefined ? null : <p class="problem">{snapshot.problem}</p>}</div>
      <Page snapshot={snapshot} send={send} />
      <div role="status" aria-live="polite">
        {snapshot.notes.length === 0 ? null : (
          <ul class="notes">
            {snapshot.notes.slice(0, 12).map((note) => <li key={note}>{note}</li>)}
            {snapshot.notes.length > 12 ? <li>{snapshot.notes.length - 12} more functions followed.</li> : null}
          </ul>
        )}
      </div>
      <footer>{onward === undefined ? null : <button type="button" class={snapshot.step === "apply" ? "secondary" : "primary"} onClick={() => send({ kind: "go", step: onward.step })}>{onward.label}</button>}</footer>
    </main>
  );
}
