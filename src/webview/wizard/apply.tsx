import { Button, type PageProps, Sign } from "./parts.tsx";
import { riskSigns } from "./review.tsx";

/** One step after the other, or all; each is one step of VS Code's undo. */
export function Apply({ snapshot, send }: PageProps) {
  const { planSteps, doing } = snapshot;
  const open = planSteps.filter((step) => !step.isApplied);
  const done = planSteps.length - open.length;
  const isBusy = doing !== undefined;
  return (
    <section aria-labelledby="apply">
      <h2 id="apply">Write it</h2>
      <p>{done} of {planSteps.length} steps are written. Each is one edit in VS Code's undo, and is refused when a file was changed or is not saved.</p>
      <progress max={Math.max(planSteps.length, 1)} value={done} aria-label="Steps written" />
      <ol class="steps">
        {planSteps.map((step, index) => {
          const isNext = step === open[0];
          return (
            <li key={step.key} class={step.isApplied ? "done" : isNext ? "next" : ""} aria-current={isNext ? "step" : undefined}>
              <Sign name={step.isApplied ? "pass-filled" : isNext && isBusy ? "loading codicon-modifier-spin" : "circle-large"} />
              <span class="name">{index + 1}. {step.title}</span>
              <span class="quiet">{step.isApplied ? "written" : <><Sign name={riskSigns[step.risk]} /> {step.risk} risk</>}</span>
            </li>
          );
        })}
      </ol>
      <div class="toolbar">
        <Button icon="run-all" isDisabled={isBusy || open.length === 0} onClick={() => send({ kind: "apply", steps: [], withPreview: false })}>Write all steps</Button>
        <Button icon="open-preview" isDisabled={isBusy || open.length === 0} onClick={() => send({ kind: "apply", steps: open.slice(0, 1).map(({ key }) => key), withPreview: true })}>Write the next step with refactor preview</Button>
        <Button icon="discard" isDisabled={isBusy || done === 0} onClick={() => send({ kind: "undoAll" })}>Undo all steps</Button>
      </div>
    </section>
  );
}
