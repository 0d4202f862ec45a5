import type { ComponentChildren } from "preact";
import type { Figure } from "../../wizard/figures.ts";
import type { Intent } from "../../wizard/session.ts";
import type { Snapshot } from "../../wizard/view.ts";

export type Send = (intent: Intent) => void;
export type PageProps = { readonly snapshot: Snapshot; readonly send: Send };

/** Groups have one of so many colours; what stays has its own. */
const COLOURS = 8;
export const colourOf = (group: { readonly isStaying: boolean }, index: number): string => (group.isStaying ? "staying" : `group-${index % COLOURS}`);

type ButtonProps = { readonly icon?: string; readonly onClick: () => void; readonly isPrimary?: boolean; readonly isDisabled?: boolean; readonly title?: string; readonly children: ComponentChildren };

/** A button in VS Code's own look; the primary one is the action that leads on. */
export const Button = ({ icon, onClick, isPrimary = false, isDisabled = false, title, children }: ButtonProps) => (
  <vscode-button secondary={!isPrimary} {...(icon === undefined ? {} : { icon })} disabled={isDisabled} title={title} onClick={() => isDisabled || onClick()}>{children}</vscode-button>
);
export const IconButton = ({ icon, label, onClick, isDisabled = false }: { readonly icon: string; readonly label: string; readonly onClick: () => void; readonly isDisabled?: boolean }) => (
  <button type="button" class="icon" aria-label={label} title={label} aria-disabled={isDisabled ? "true" : undefined} onClick={() => isDisabled || onClick()}><i class={`codicon codicon-${icon}`} aria-hidden="true" /></button>
);

/** A sign that says nothing a screen reader does not hear otherwise. */
export const Sign = ({ name }: { readonly name: string }) => <i class={`codicon codicon-${name}`} aria-hidden="true" />;

/** A place in the code, as a link that opens it beside the page. */
export const FileLink = ({ file, line = 1, send, children }: { readonly file: string; readonly line?: number; readonly send: Send; readonly children?: ComponentChildren }) => <button type="button" class="link" onClick={() => send({ kind: "open", file, line })}>{children ?? file}</button>;

/** Measures with what they mean, and how the last change changed them. */
export function Figures({ figures, label }: { readonly figures: readonly Figure[]; readonly label: string }) {
  return (
    <dl class="figures" aria-label={label}>
      {figures.map((figure) => (
        <div key={figure.label} title={figure.explanation}>
          <dt>{figure.label}</dt>
          <dd>
            {figure.value}
            {figure.change === undefined ? null : <span class={`change ${figure.isWorse === true ? "worse" : "better"}`}> <Sign name={figure.isWorse === true ? "arrow-small-down" : "arrow-small-up"} />{figure.change}<span class="hidden"> {figure.isWorse === true ? "worse" : "better"}</span></span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
