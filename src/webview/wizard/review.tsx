import type { StepView } from "../../wizard/view.ts";
import { Button, FileLink, type PageProps, Sign } from "./parts.tsx";

/** The steps in their order, each with its risk, its reason and its difference; nothing is written here. */
export function Review({ snapshot, send }: PageProps) {
  const open = snapshot.planSteps.filter((step) => !step.isApplied);
  return (
    <section aria-labelledby="review">
      <h2 id="review">What will change</h2>
      <p>{open.length < snapshot.planSteps.length ? `${snapshot.planSteps.length - open.length} of ${snapshot.planSteps.length} steps are written.` : "Nothing is written yet."} After every step the project compiles, and {snapshot.module} keeps its exported functions, so no caller has to change.</p>
      {open.length === 0 ? null : <div class="toolbar"><Button icon="diff-multiple" onClick={() => send({ kind: "preview", step: "" })}>Show all differences</Button></div>}
      <ol class="plan">{snapshot.planSteps.map((step, index) => <Step key={step.key} step={step} number={index + 1} send={send} />)}</ol>
    </section>
  );
}

export const riskSigns = { low: "pass", medium: "warning", high: "error" } as const;

function Step({ step, number, send }: { readonly step: StepView; readonly number: number; readonly send: PageProps["send"] }) {
  const places = step.callers.reduce((sum, { times }) => sum + times, 0);
  return (
    <li class="card">
      <div class="title">
        <h3>{number}. {step.title}</h3>
        <span class={`risk ${step.risk}`}><Sign name={riskSigns[step.risk]} /> {step.risk} risk</span>
      </div>
      <p>{step.reason}</p>
      {step.risks.length === 0 ? null : <ul>{step.risks.map((risk) => <li key={risk}>{risk}</li>)}</ul>}
      <dl class="facts">
        <dt>Edits</dt>
        <dd>{step.effort.places} places in {step.effort.files} files</dd>
        {step.kind === "files" ? null : (
          <>
            <dt>Callers</dt>
            <dd>{step.callers.length === 0 ? "No other file calls these functions by name." : <details><summary>{places} call{places === 1 ? "" : "s"} in {step.callers.length} file{step.callers.length === 1 ? "" : "s"} go on through the delegates</summary><ul class="plain">{step.callers.map(({ file, line, times }) => <li key={file}><FileLink file={file} line={line} send={send} /> {times}×</li>)}</ul></details>}</dd>
            <dt>Tests</dt>
            <dd>{step.tests.length === 0 ? <><Sign name="warning" /> No test calls these functions by name.</> : step.tests.map((file) => <span key={file}><FileLink file={file} send={send} /> </span>)}</dd>
          </>
        )}
      </dl>
      {step.isApplied ? <p><Sign name="pass" /> Written.</p> : <Button icon="diff-multiple" onClick={() => send({ kind: "preview", step: step.key })}>Show the difference<span class="hidden"> of step {number}</span></Button>}
    </li>
  );
}
