import { useEffect, useRef, useState } from "preact/hooks";
import type { FunctionView } from "../../wizard/view.ts";
import { Alternatives } from "./alternatives.tsx";
import { Column } from "./column.tsx";
import { Figures, IconButton, type PageProps, Secondary, Sign } from "./parts.tsx";

/** Alternatives side by side, and the groups as columns whose functions are moved by hand, menu or keyboard. */
export function Shape({ snapshot, send }: PageProps) {
  return (
    <section aria-labelledby="shape">
      <h2 id="shape">How to split it</h2>
      {snapshot.files.length < 2 ? null : (
        <p><label><input type="checkbox" checked={snapshot.splitsFile} aria-disabled={snapshot.isFrozen} onChange={(event) => send({ kind: "splitFile", isOn: event.currentTarget.checked })} /> Begin with one file for each of the {snapshot.files.length} modules in {snapshot.file}</label></p>
      )}
      {snapshot.alternatives.rows.length === 0 ? <p>{snapshot.module} itself has too few functions that could move; its file is what there is to split.</p> : <Board snapshot={snapshot} send={send} />}
    </section>
  );
}

function Board({ snapshot, send }: PageProps) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState("");
  const board = useRef<HTMLDivElement>(null);
  const all = new Map(snapshot.groups.flatMap((group) => group.functions.map((fn) => [fn.id, { fn, group }] as const)));
  const current = all.has(focused) ? focused : (snapshot.groups[0]?.functions[0]?.id ?? "");
  const hadFocus = useRef(false);
  // A function that was moved is drawn anew in another column, and VS Code's quick input takes the focus away: the keyboard comes back to it.
  const returnFocus = (): void => {
    if (hadFocus.current && document.hasFocus() && document.activeElement?.closest(".board") === null) board.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(current)}"]`)?.focus();
  };
  useEffect(returnFocus);
  useEffect(() => {
    window.addEventListener("focus", returnFocus);
    return () => window.removeEventListener("focus", returnFocus);
  });
  const working = (id: string): readonly string[] => (selected.has(id) ? [...selected].filter((other) => all.has(other)) : [id]);
  const movable = (ids: readonly string[]): readonly string[] => ids.filter((id) => all.get(id)?.fn.staysBecause === undefined && all.get(id)?.fn.isPinned !== true);
  const move = (ids: readonly string[], to: string): void => {
    const moving = movable(ids).filter((id) => all.get(id)?.group.module !== to);
    if (moving.length > 0) send({ kind: "move", functions: moving, to });
    setSelected(new Set());
  };
  const select = (id: string, isAdding: boolean): void => {
    setFocused(id);
    const changed = new Set(isAdding ? selected : []);
    if (isAdding && changed.has(id)) changed.delete(id);
    else changed.add(id);
    setSelected(changed);
  };
  const toColumn = (id: string, distance: number, isMoving: boolean): void => {
    const at = snapshot.groups.findIndex((group) => group.functions.some((fn) => fn.id === id));
    const target = snapshot.groups[at + distance];
    if (target === undefined) return;
    if (isMoving) {
      move(working(id), target.module);
      return;
    }
    const row = snapshot.groups[at]?.functions.findIndex((fn) => fn.id === id) ?? 0;
    focus(target.functions[Math.min(row, target.functions.length - 1)]);
  };
  const focus = (fn: FunctionView | undefined): void => {
    if (fn === undefined) return;
    setFocused(fn.id);
    board.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(fn.id)}"]`)?.focus();
  };
  const pin = (ids: readonly string[]): void => {
    const known = ids.filter((id) => all.get(id)?.fn.staysBecause === undefined);
    if (known.length > 0) send({ kind: "pin", functions: known, isOn: all.get(known[0] ?? "")?.fn.isPinned !== true });
  };
  const onKey = (event: KeyboardEvent, id: string): void => {
    const own = all.get(id)?.group;
    const rows = own?.functions ?? [];
    const at = rows.findIndex((fn) => fn.id === id);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(rows[at + 1]),
      ArrowUp: () => focus(rows[at - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => toColumn(id, 1, event.altKey),
      ArrowLeft: () => toColumn(id, -1, event.altKey),
      " ": () => select(id, true),
      Escape: () => setSelected(new Set()),
      Enter: () => send({ kind: "open", file: "", line: all.get(id)?.fn.line ?? 1 }),
      Delete: () => move(working(id), ""),
      m: () => send({ kind: "ask", what: "move", functions: working(id), module: own?.module ?? "" }),
      n: () => send({ kind: "ask", what: "split", functions: working(id), module: "" }),
      p: () => pin(working(id)),
      F2: () => own === undefined || own.isStaying || send({ kind: "ask", what: "rename", functions: [], module: own.module }),
    };
    const action = event.ctrlKey || event.metaKey ? undefined : moves[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const chosen = selected.size > 0 ? [...selected].filter((id) => all.has(id)) : [];
  return (
    <>
      <Alternatives snapshot={snapshot} send={send} />
      <Figures figures={snapshot.planFigures} label="Measures of the plan" />
      <Warnings warnings={snapshot.warnings} />
      <div class="bar">
        <div class="toolbar" role="toolbar" aria-label="Change the shape">
          <IconButton icon="discard" label="Undo (Ctrl+Z)" isDisabled={!snapshot.canUndo} onClick={() => send({ kind: "undo" })} />
          <IconButton icon="redo" label="Redo (Ctrl+Y)" isDisabled={!snapshot.canRedo} onClick={() => send({ kind: "redo" })} />
          <span class="divider" aria-hidden="true" />
          <span class="count">{chosen.length === 0 ? "None selected" : `${chosen.length} selected`}</span>
          <Secondary icon="arrow-right" isDisabled={chosen.length === 0} title="M" onClick={() => send({ kind: "ask", what: "move", functions: chosen, module: "" })}>Move to…</Secondary>
          <Secondary icon="add" isDisabled={chosen.length === 0} title="N" onClick={() => send({ kind: "ask", what: "split", functions: chosen, module: "" })}>New module…</Secondary>
          <Secondary icon="pin" isDisabled={chosen.length === 0} title="P" onClick={() => pin(chosen)}>Pin</Secondary>
        </div>
        <p class="told" title={why(all.get(current)?.fn)}>{why(all.get(current)?.fn)}</p>
        <div role="status" aria-live="polite"><Notes notes={snapshot.notes} /></div>
      </div>
      <p class="quiet keys" id="keys">Drag or right-click; or keys: Alt+arrow moves, Space selects, M move to…, N new, P pin, F2 rename, Enter code.</p>
      <div class="columns board" ref={board} onFocusCapture={(event) => { hadFocus.current = true; setFocused((event.target instanceof HTMLElement ? event.target.dataset["id"] : undefined) ?? current); }} onBlurCapture={(event) => { if (event.relatedTarget !== null) hadFocus.current = event.relatedTarget instanceof Element && event.relatedTarget.closest(".board") !== null; }}>
        {snapshot.groups.map((group, index) => <Column key={group.module} group={group} index={index} isOnly={snapshot.groups.length < 3} current={current} selected={selected} select={select} onKey={onKey} drop={(id) => move(working(id), group.module)} dragged={working} send={send} />)}
      </div>
    </>
  );
}

function why(fn: FunctionView | undefined): string {
  if (fn === undefined) return "";
  if (fn.staysBecause !== undefined) return `${fn.id} stays: it ${fn.staysBecause}.`;
  if (fn.why.length === 0) return `${fn.id}, ${fn.lines} lines${fn.isPrivate ? ", private" : ""}.`;
  return `${fn.id} is here because it ${fn.why.join("; ")}${fn.isUncertain ? ". Another group is almost as close" : ""}.`;
}

const SHOWN = 4;

function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes" aria-label="What followed">
      {notes.slice(0, SHOWN).map((note) => <li key={note}>{note}</li>)}
      {notes.length > SHOWN ? <li>{notes.length - SHOWN} more functions followed.</li> : null}
    </ul>
  );
}

function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return <p class="quiet"><Sign name="pass" /> No circles, no close coupling between the modules.</p>;
  return <ul class="warnings" aria-label="Warnings">{warnings.map((warning) => <li key={warning}><Sign name="warning" /> {warning}</li>)}</ul>;
}
