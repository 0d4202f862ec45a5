import { Figures } from "./figures.tsx";
import type { PageProps } from "./wizard.tsx";

/** Whether it still compiles and its tests pass; and what to commit. */
export function Verify({ snapshot, send }: PageProps) {
  return (
    <section aria-labelledby="verify">
      <h2 id="verify">Is everything as before?</h2>
      {snapshot.canVerify ? <p>Mix runs in your project folder, because you ask for it here.</p> : <p>Mix cannot run here: the workspace is not trusted, or there is no local folder. What was checked without it: every file parses, and every moved function is still reached.</p>}
      <div class="toolbar">
        <button type="button" class="primary" disabled={!snapshot.canVerify || snapshot.isBusy} onClick={() => send({ kind: "verify", withTests: false })}>Compile</button>
        <button type="button" class="secondary" disabled={!snapshot.canVerify || snapshot.isBusy} onClick={() => send({ kind: "verify", withTests: true })}>Compile and test</button>
        <button type="button" class="secondary" disabled={snapshot.isBusy || !snapshot.isFrozen} onClick={() => send({ kind: "undoAll" })}>Undo all</button>
      </div>
      {snapshot.checks.map((check) => (
        <article key={check.title} class={`check ${check.state}`}>
          <h3>{check.title}: {check.state}</h3>
          {check.output === "" ? null : <section class="scroll" tabIndex={0} aria-label={`Output of ${check.title}`}><pre>{check.output}</pre></section>}
        </article>
      ))}
      <h3>Afterwards</h3>
      <Figures figures={snapshot.planFigures} label="Measures after the split" />
      <h3>Commit message</h3>
      <section class="scroll" tabIndex={0} aria-label="Commit message"><pre>{snapshot.commitMessage}</pre></section>
      <button type="button" class="secondary" onClick={() => send({ kind: "copyMessage" })}>Copy</button>
    </section>
  );
}
