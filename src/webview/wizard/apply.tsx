import type { PageProps } from "./wizard.tsx";

/** One module after the other, or all; each is one step of VS Code's undo. */
export function Apply({ snapshot, send }: PageProps) {
  const groups = snapshot.groups.filter((group) => !group.isStaying);
  const open = groups.filter((group) => !group.isApplied);
  return (
    <section aria-labelledby="apply">
      <h2 id="apply">Write it</h2>
      <p>{groups.length - open.length} of {groups.length} modules are split off.</p>
      <progress max={groups.length} value={groups.length - open.length} aria-label="Modules split off" />
      <ul class="plan">
        {groups.map((group) => (
          <li key={group.module}>
            <code>{group.module}</code> {group.isApplied ? <span class="tag">done</span> : <button type="button" class="secondary" disabled={snapshot.isBusy} onClick={() => send({ kind: "apply", modules: [group.module] })}>Apply</button>}
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <button type="button" class="primary" disabled={snapshot.isBusy || open.length === 0} onClick={() => send({ kind: "apply", modules: open.map((group) => group.module) })}>Apply all</button>
        <button type="button" class="secondary" disabled={snapshot.isBusy || open.length === groups.length} onClick={() => send({ kind: "undoAll" })}>Undo all</button>
      </div>
    </section>
  );
}
