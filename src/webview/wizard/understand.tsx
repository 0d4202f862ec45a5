import { Figures } from "./figures.tsx";
import { FunctionGraph } from "./function-graph.tsx";
import type { PageProps } from "./wizard.tsx";

/** Why this module is one to split: its measures, its functions as a graph, and for a process its callbacks against its state. */
export function Understand({ snapshot, send }: PageProps) {
  return (
    <section aria-labelledby="understand">
      <h2 id="understand">Why split it</h2>
      <Figures figures={snapshot.figures} label="Measures of the module" />
      <h3>What calls what</h3>
      <FunctionGraph map={snapshot.map} groups={snapshot.groups} open={(line) => send({ kind: "open", line })} />
      {snapshot.process === undefined ? null : <StateMatrix process={snapshot.process} open={(line) => send({ kind: "open", line })} />}
    </section>
  );
}

type MatrixProps = { readonly process: NonNullable<PageProps["snapshot"]["process"]>; readonly open: (line: number) => void };

/** Callbacks against state fields; what stands together changes together. */
function StateMatrix({ process, open }: MatrixProps) {
  return (
    <>
      <h3>Callbacks and the state they touch</h3>
      <section class="scroll" tabIndex={0} aria-label="Callbacks and state fields">
        <table>
          <thead>
            <tr>
              <th scope="col">Callback</th>
              {process.fields.map((field) => <th key={field} scope="col">{field}</th>)}
            </tr>
          </thead>
          <tbody>
            {process.callbacks.map((row) => (
              <tr key={`${row.id} ${row.line}`}>
                <th scope="row"><button type="button" class="link" onClick={() => open(row.line)}>{row.message === "" ? row.id : row.message}</button></th>
                {row.marks.map((mark, index) => <td key={process.fields[index]} class={mark}>{mark === "" ? <span class="hidden">no</span> : mark}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
