import type { Figure } from "../../wizard/view.ts";

/** Measures with what they mean, and how they differ from before. */
export function Figures({ figures, label }: { readonly figures: readonly Figure[]; readonly label: string }) {
  return (
    <dl class="figures" aria-label={label}>
      {figures.map((figure) => (
        <div key={figure.label} title={figure.explanation}>
          <dt>{figure.label}</dt>
          <dd>
            {figure.value}
            {figure.change === undefined ? null : <span class="change"> {figure.change}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
