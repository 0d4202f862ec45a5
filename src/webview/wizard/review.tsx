import type { PageProps } from "./wizard.tsx";

/** The steps in their order, each with its risk and its difference; nothing is written here. */
export function Review({ snapshot, send }: PageProps) {
  return (
    <section aria-labelledby="review">
      <h2 id="review">What will change</h2>
      <p>Nothing is written yet. Every step compiles on its own, and {snapshot.module} keeps its exported functions.</p>
      <ol class="plan">
        {snapshot.planSteps.map((step) => (
          <li key={step.number}>
            <h3>{step.title}{step.optional === true ? <span class="tag">later, optional</span> : null}</h3>
            <p>Risk: {step.risk}. {step.effort.places} places in {step.effort.files} files.</p>
            {step.risks.length === 0 ? null : <ul>{step.risks.map((risk) => <li key={risk}>{risk}</li>)}</ul>}
            {step.kind !== "extract" ? null : step.modules.map((module) => <button type="button" key={module} class="secondary" onClick={() => send({ kind: "preview", module })}>Show the difference of {module}</button>)}
          </li>
        ))}
      </ol>
    </section>
  );
}
