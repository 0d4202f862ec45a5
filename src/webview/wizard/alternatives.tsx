import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "./parts.tsx";

/** The ways to split side by side, the best of each measure marked, and a slider for the sizes between. */
export function Alternatives({ snapshot, send }: PageProps) {
  const { alternatives, chosen, isEdited, isFrozen } = snapshot;
  return (
    <>
      <section class="scroll plain" tabIndex={0} aria-label="Alternatives">
        <table class="alternatives">
          <thead>
            <tr>
              <th scope="col">Alternative</th>
              <th scope="col" class="number">New modules</th>
              {alternatives.columns.map(({ label, explanation }) => <th key={label} scope="col" class="number" title={explanation}>{label}</th>)}
            </tr>
          </thead>
          <tbody>
            {alternatives.rows.map((row) => (
              <tr key={row.id} class={row.id === chosen ? "chosen" : ""}>
                <th scope="row">
                  <label><input type="radio" name="alternative" checked={row.id === chosen} aria-disabled={isFrozen} onChange={() => send({ kind: "choose", id: row.id })} /> {row.title}{row.id === chosen && isEdited ? <span class="quiet"> (edited)</span> : null}</label>
                </th>
                <td class="number">{row.modules}</td>
                {row.cells.map(({ value, isBest }, index) => <td key={alternatives.columns[index]?.label} class={isBest ? "number best" : "number"}>{value}{isBest ? <span class="hidden"> (best)</span> : null}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Grade snapshot={snapshot} send={send} />
    </>
  );
}

const PAUSE_MS = 120;

/** The slider follows the hand at once; the plan follows when it rests. */
function Grade({ snapshot: { grade, grades, isFrozen }, send }: PageProps) {
  const middle = Math.floor(grades / 2);
  const [place, setPlace] = useState(grade ?? middle);
  useEffect(() => setPlace(grade ?? middle), [grade]);
  useEffect(() => {
    if (place === (grade ?? middle)) return undefined;
    const timer = setTimeout(() => send({ kind: "grade", grade: place }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [place]);
  return (
    <label class="grade">
      <span>Or set the size: few, large</span>
      <input type="range" aria-label="Granularity, from few large modules to many small ones" min={0} max={grades - 1} step={1} value={place} disabled={isFrozen} onInput={(event) => setPlace(Number(event.currentTarget.value))} />
      <span>many, small{grade === undefined ? "" : ` (step ${grade + 1} of ${grades})`}</span>
    </label>
  );
}
