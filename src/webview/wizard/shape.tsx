import { useState } from "preact/hooks";
import type { FunctionView, GroupView } from "../../wizard/view.ts";
import { Figures } from "./figures.tsx";
import type { PageProps } from "./wizard.tsx";

/** Alternatives side by side, and the groups as columns whose functions can be moved by hand, menu or keyboard. */
export function Shape({ snapshot, send }: PageProps) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const move = (functions: readonly string[], to: string): void => {
    send({ kind: "move", functions, to });
    setSelected(new Set());
  };
  const toggle = (id: string): void => {
    const changed = new Set(selected);
    if (!changed.delete(id)) changed.add(id);
    setSelected(changed);
  };
  return (
    <section aria-labelledby="shape">
      <h2 id="shape">How to split it</h2>
      <fieldset class="choices" disabled={snapshot.isFrozen}>
        <legend>Alternatives</legend>
        {snapshot.choices.map((choice) => (
          <label key={choice.id} class="choice">
            <input type="radio" name="alternative" checked={choice.isChosen} onChange={() => send({ kind: "choose", id: choice.id })} />
            <span><strong>{choice.title}</strong><br /><span class="quiet">{choice.summary}</span></span>
          </label>
        ))}
      </fieldset>
      <Figures figures={snapshot.planFigures} label="Measures of the plan" />
      <Toolbar snapshot={snapshot} send={send} selected={[...selected]} move={move} clear={() => setSelected(new Set())} />
      <div class="columns">
        {snapshot.groups.map((group, index) => <Column key={group.module} group={group} index={index} snapshot={snapshot} send={send} selected={selected} toggle={toggle} move={move} />)}
      </div>
    </section>
  );
}

type ToolbarProps = PageProps & { readonly selected: readonly string[]; readonly move: (functions: readonly string[], to: string) => void; readonly clear: () => void };

function Toolbar({ snapshot, send, selected, move, clear }: ToolbarProps) {
  const [name, setName] = useState("");
  const none = selected.length === 0 || snapshot.isFrozen;
  return (
    <div class="toolbar" role="toolbar" aria-label="Change the shape">
      <button type="button" class="secondary" disabled={!snapshot.canUndo} onClick={() => send({ kind: "undo" })}>Undo</button>
      <button type="button" class="secondary" disabled={!snapshot.canRedo} onClick={() => send({ kind: "redo" })}>Redo</button>
      <label>
        Move {selected.length} selected to{" "}
        <select disabled={none} value="" onChange={(event) => { const chosen = snapshot.groups[Number(event.currentTarget.value)]; if (chosen !== undefined) move(selected, chosen.module); }}>
          <option value="">choose…</option>
          {snapshot.groups.map((group, index) => <option key={group.module} value={String(index)}>{group.shortName}</option>)}
        </select>
      </label>
      <label>or to a new module <input value={name} placeholder={`${snapshot.module}.Name`} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <button type="button" class="secondary" disabled={none} onClick={() => { send({ kind: "split", functions: selected, name: name.includes(".") ? name : `${snapshot.module}.${name}` }); setName(""); clear(); }}>Split off</button>
    </div>
  );
}

type ColumnProps = PageProps & { readonly group: GroupView; readonly index: number; readonly selected: ReadonlySet<string>; readonly toggle: (id: string) => void; readonly move: (functions: readonly string[], to: string) => void };

function Column({ group, index, snapshot, send, selected, toggle, move }: ColumnProps) {
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    const id = event.dataTransfer?.getData("text/plain");
    if (id !== undefined && id !== "") move(selected.has(id) ? [...selected] : [id], group.module);
  };
  return (
    <section class="column" aria-label={group.shortName} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <header class={group.isStaying ? "staying" : `group-${index % 8}`}>
        {group.isStaying ? <h3>{group.shortName}</h3> : <NameField group={group} snapshot={snapshot} send={send} />}
        <p class="quiet">{group.functions.length} functions, {group.codeLines} code lines</p>
        {group.isStaying || snapshot.groups.length < 3 ? null : (
          <label class="quiet">
            Merge into{" "}
            <select disabled={snapshot.isFrozen} value="" onChange={(event) => { if (event.currentTarget.value !== "") send({ kind: "merge", from: group.module, into: event.currentTarget.value }); }}>
              <option value="">choose…</option>
              {snapshot.groups.filter((other) => !other.isStaying && other !== group).map((other) => <option key={other.module} value={other.module}>{other.shortName}</option>)}
            </select>
          </label>
        )}
      </header>
      <ul>{group.functions.map((fn) => <Row key={fn.id} fn={fn} isSelected={selected.has(fn.id)} isFrozen={snapshot.isFrozen} toggle={toggle} send={send} />)}</ul>
    </section>
  );
}

/** The name is taken when the field is left or Enter pressed; a refused one comes back. */
function NameField({ group, snapshot, send }: PageProps & { readonly group: GroupView }) {
  return <input class="name" aria-label={`Name of ${group.shortName}`} disabled={snapshot.isFrozen} key={group.module} defaultValue={group.module} onChange={(event) => { const to = event.currentTarget.value.trim(); event.currentTarget.value = group.module; send({ kind: "rename", from: group.module, to }); }} />;
}

type RowProps = { readonly fn: FunctionView; readonly isSelected: boolean; readonly isFrozen: boolean; readonly toggle: (id: string) => void; readonly send: PageProps["send"] };

function Row({ fn, isSelected, isFrozen, toggle, send }: RowProps) {
  const isFixed = fn.pinnedBecause !== undefined;
  const why = isFixed ? `Stays: it ${fn.pinnedBecause}.` : fn.why.join("; ");
  return (
    <li class={`function${fn.isPrivate ? " private" : ""}`} draggable={!isFixed && !fn.isPinned && !isFrozen} onDragStart={(event) => event.dataTransfer?.setData("text/plain", fn.id)} title={why}>
      <label>
        <input type="checkbox" checked={isSelected} disabled={isFixed || fn.isPinned || isFrozen} onChange={() => toggle(fn.id)} /> <code>{fn.id}</code>
        {fn.isUncertain ? <span class="tag" title="Another group is almost as close">uncertain</span> : null}
        <span class="hidden"> {why}</span>
      </label>
      {isFixed ? null : <button type="button" class="link" aria-pressed={fn.isPinned} aria-label={`Pin ${fn.id}`} onClick={() => send({ kind: "pin", function: fn.id, isOn: !fn.isPinned })}>{fn.isPinned ? "pinned" : "pin"}</button>}
    </li>
  );
}
