import type { GroupView } from "../../wizard/view.ts";
import { FunctionGraph } from "./function-graph.tsx";
import { colourOf, Figures, FileLink, type PageProps } from "./parts.tsx";

/** Why this module is one to split: its measures, what it is responsible for, who calls it, what changes with it, its functions as a graph. */
export function Understand({ snapshot, send }: PageProps) {
  const topics = snapshot.groups.filter(({ isStaying }) => !isStaying);
  return (
    <section aria-labelledby="understand">
      <h2 id="understand">Why split it</h2>
      <p>{lead(snapshot, topics.length)}</p>
      <Figures figures={snapshot.figures} label="Measures of the module" />
      {topics.length === 0 ? null : <Topics groups={snapshot.groups.filter(({ functions }) => functions.length > 0)} />}
      <div class="pair">
        <Callers snapshot={snapshot} send={send} />
        <History snapshot={snapshot} send={send} />
      </div>
      {snapshot.process === undefined ? null : <StateMatrix process={snapshot.process} send={send} />}
      <h3>What calls what</h3>
      <FunctionGraph map={snapshot.map} groups={snapshot.groups} send={send} />
    </section>
  );
}

function lead({ module, figures, map, files, process }: PageProps["snapshot"], topics: number): string {
  const value = (label: string): string => figures.find((figure) => figure.label === label)?.value ?? "0";
  return [
    `${module} holds ${value("Code lines")} lines of code in ${map.nodes.length} functions${topics > 1 ? `, and they speak of ${topics} topics` : ""}.`,
    ...(Number(value("Separate parts")) > 1 ? [`It consists of ${value("Separate parts")} parts that share neither calls nor attributes.`] : []),
    ...(process === undefined ? [] : [`It is a process whose state has ${process.fields.length} fields.`]),
    ...(files.length > 1 ? [`Its file holds ${files.length} modules.`] : []),
  ].join(" ");
}

/** What the module is responsible for, as the proposed groups see it. */
function Topics({ groups }: { readonly groups: readonly GroupView[] }) {
  const most = Math.max(...groups.map(({ codeLines }) => codeLines), 1);
  return (
    <>
      <h3>What it is responsible for</h3>
      <section class="scroll plain" tabIndex={0} aria-label="Responsibilities">
        <table class="topics">
          <thead><tr><th scope="col">Topic</th><th scope="col" class="number">Functions</th><th scope="col" class="number">Code lines</th><th scope="col">For example</th></tr></thead>
          <tbody>
            {groups.map((group, index) => (
              <tr key={group.module}>
                <th scope="row"><span class={`swatch ${colourOf(group, index)}`} aria-hidden="true" /> {group.shortName}</th>
                <td class="number">{group.functions.length}</td>
                <td class="number"><span class="measure"><meter min={0} max={most} value={group.codeLines} aria-hidden="true" /><span>{group.codeLines}</span></span></td>
                <td><code>{group.examples.join(", ")}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

const SHOWN = 6;

function Callers({ snapshot, send }: PageProps) {
  const { callers } = snapshot;
  const row = ({ file, line, times, functions }: (typeof callers)[number]) => <li key={file}><FileLink file={file} line={line} send={send} /> {times}×, {functions} function{functions === 1 ? "" : "s"}</li>;
  return (
    <section aria-labelledby="callers">
      <h3 id="callers">Who calls it</h3>
      {callers.length === 0 ? <p class="quiet">No other file of this folder calls it by name.</p> : <ul class="plain">{callers.slice(0, SHOWN).map(row)}</ul>}
      {callers.length <= SHOWN ? null : <details><summary>{callers.length - SHOWN} more files</summary><ul class="plain">{callers.slice(SHOWN).map(row)}</ul></details>}
    </section>
  );
}

function History({ snapshot: { history }, send }: PageProps) {
  return (
    <section aria-labelledby="history">
      <h3 id="history">What changes with it</h3>
      {history === undefined ? <p class="quiet">The history of this file is not at hand (no git repository, or git is switched off).</p> : (
        <>
          <p>{history.commits} commits by {history.authors} {history.authors === 1 ? "person" : "people"} changed this file lately{history.together.length === 0 ? "; no other Elixir file changed with it more than once." : ", most often together with:"}</p>
          <ul class="plain">{history.together.map(({ file, times }) => <li key={file}><FileLink file={file} send={send} /> in {times} of them</li>)}</ul>
        </>
      )}
    </section>
  );
}

const marks = { read: "eye", write: "edit" } as const;

/** Callbacks against state fields; what stands together changes together. */
function StateMatrix({ process, send }: { readonly process: NonNullable<PageProps["snapshot"]["process"]>; readonly send: PageProps["send"] }) {
  return (
    <>
      <h3>Callbacks and the state they touch</h3>
      <p class="quiet">Arranged so that what is used together stands together: blocks along the diagonal could be processes of their own.</p>
      <section class="scroll" tabIndex={0} aria-label="Callbacks and state fields">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">Callback</th>
              {process.fields.map((field) => <th key={field} scope="col"><code>{field}</code></th>)}
            </tr>
          </thead>
          <tbody>
            {process.callbacks.map((row) => (
              <tr key={`${row.id} ${row.line}`}>
                <th scope="row"><button type="button" class="link" onClick={() => send({ kind: "open", file: "", line: row.line })}><code>{row.message === "" ? row.id : `${row.id.slice(0, row.id.indexOf("/")).replace("handle_", "")} ${row.message}`}</code></button></th>
                {row.marks.map((mark, index) => <td key={process.fields[index]} class={mark}>{mark === "" ? <span class="hidden">no</span> : <><i class={`codicon codicon-${marks[mark]}`} aria-hidden="true" /><span class="hidden">{mark}s</span></>}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="quiet"><i class="codicon codicon-eye" aria-hidden="true" /> reads <i class="codicon codicon-edit" aria-hidden="true" /> writes</p>
      {process.blocks.map((block) => (
        <details key={block.name}>
          <summary>{block.name} could be a process of its own: it keeps {block.fields.join(", ")}</summary>
          <ol>{block.steps.map((step) => <li key={step}>{step}</li>)}</ol>
          {block.risks.length === 0 ? null : <ul>{block.risks.map((risk) => <li key={risk}>{risk}</li>)}</ul>}
        </details>
      ))}
    </>
  );
}
