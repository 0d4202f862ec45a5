import type { Check } from "../../wizard/session.ts";
import { FileLink, type PageProps, Secondary, type Send, Sign } from "./parts.tsx";

/** Whether everything is as before; the module before and after; what to commit. */
export function Verify({ snapshot, send }: PageProps) {
  return (
    <section aria-labelledby="verify">
      <h2 id="verify">Is everything as before?</h2>
      {snapshot.isFrozen ? null : <p><Sign name="info" /> Nothing is written yet, so the checks below look at the code as it is.</p>}
      {snapshot.mixObstacle === undefined ? <Tests snapshot={snapshot} send={send} /> : <p><Sign name="info" /> {snapshot.mixObstacle} What can be checked without it is checked: that every file parses, that nothing that was exported is lost, and that every function is where the plan put it.</p>}
      <Inspected snapshot={snapshot} />
      {snapshot.checks.map((check) => <Result key={check.title} check={check} send={send} />)}
      <div class="toolbar"><Secondary icon="discard" isDisabled={snapshot.doing !== undefined || !snapshot.isFrozen} onClick={() => send({ kind: "undoAll" })}>Undo all steps</Secondary></div>
      <h3>Before and after</h3>
      <table class="before-after">
        <thead><tr><th scope="col">Measure</th><th scope="col" class="number">Before</th><th scope="col" class="number">After</th></tr></thead>
        <tbody>{snapshot.beforeAfter.map(({ label, before, after, explanation }) => <tr key={label} title={explanation}><th scope="row">{label}</th><td class="number">{before}</td><td class="number">{after}</td></tr>)}</tbody>
      </table>
      <h3>Commit message</h3>
      <section class="scroll" tabIndex={0} aria-label="Commit message"><pre>{snapshot.commitMessage}</pre></section>
      <div class="toolbar"><Secondary icon="copy" onClick={() => send({ kind: "copyMessage" })}>Copy</Secondary></div>
    </section>
  );
}

function Tests({ snapshot: { tests, module }, send }: PageProps) {
  return (
    <>
      <p>On your word, <code>mix compile --warnings-as-errors</code> runs in your project folder, the exports of the compiled {module} are compared, and the chosen tests run.</p>
      {tests.length === 0 ? <p class="quiet"><Sign name="warning" /> No test file calls {module} by name, so none is offered here.</p> : (
        <fieldset>
          <legend>Tests to run</legend>
          {tests.map(({ file, isChosen, times }) => <label key={file} class="row"><input type="checkbox" checked={isChosen} onChange={(event) => send({ kind: "test", file, isOn: event.currentTarget.checked })} /> {file} <span class="quiet">{times} call{times === 1 ? "" : "s"}</span></label>)}
        </fieldset>
      )}
    </>
  );
}

function Inspected({ snapshot: { inspection, isSound, isFrozen, module, file } }: Pick<PageProps, "snapshot">) {
  if (inspection === undefined) return null;
  const { broken, lostExports, newExports, missing, exports, moved } = inspection;
  const rows = [
    { isFine: broken.length === 0, words: broken.length === 0 ? isFrozen ? "Every file that was written parses." : `${file} parses.` : `These do not parse: ${broken.join(", ")}.` },
    { isFine: lostExports.length === 0, words: lostExports.length === 0 ? `${module} exports all it did, ${exports} functions${newExports.length === 0 ? " and no others" : ""}.` : `No longer exported: ${lostExports.join(", ")}.` },
    ...(newExports.length === 0 ? [] : [{ isFine: false, words: `Exported now and not before: ${newExports.join(", ")}.` }]),
    ...(moved === 0 ? [] : [{ isFine: missing.length === 0, words: missing.length === 0 ? `All ${moved} functions are where the plan put them.` : `Not where the plan put them: ${missing.join(", ")}.` }]),
  ];
  return (
    <article class={`check ${isSound ? "passed" : "failed"}`}>
      <h3>Read without Elixir: {isSound ? "passed" : "failed"}</h3>
      <ul class="plain">{rows.map(({ isFine, words }) => <li key={words}><Sign name={isFine ? "pass" : "error"} /> {words}</li>)}</ul>
    </article>
  );
}

function Result({ check, send }: { readonly check: Check; readonly send: Send }) {
  return (
    <article class={`check ${check.state}`}>
      <h3>{check.state === "running" ? <Sign name="loading codicon-modifier-spin" /> : <Sign name={check.state === "passed" ? "pass" : "error"} />} {check.title}: {check.state}</h3>
      {check.places.length === 0 ? null : (
        <ul class="places">
          {check.places.map(({ file, line, message, step }) => <li key={`${file}:${line}`}><FileLink file={file} line={line} send={send}>{file}:{line}</FileLink> {message} <span class="quiet">{step ?? "not in a file that this plan made"}</span></li>)}
        </ul>
      )}
      {check.output === "" ? null : <details open={check.state === "failed" && check.places.length === 0}><summary>Output</summary><section class="scroll" tabIndex={0} aria-label={`Output of ${check.title}`}><pre>{check.output}</pre></section></details>}
    </article>
  );
}
