import { useState } from "preact/hooks";
import type { FunctionView, GroupView } from "../../wizard/view.ts";
import { colourOf, IconButton, type Send, Sign } from "./parts.tsx";

type ColumnProps = {
  readonly group: GroupView;
  readonly index: number;
  /** No other group to merge with. */
  readonly isOnly: boolean;
  /** The function that the keyboard is at. */
  readonly current: string;
  readonly selected: ReadonlySet<string>;
  readonly select: (id: string, isAdding: boolean) => void;
  readonly onKey: (event: KeyboardEvent, id: string) => void;
  readonly drop: (id: string) => void;
  /** What moves when a function is dragged. */
  readonly dragged: (id: string) => readonly string[];
  readonly send: Send;
};

/** One module to be, as a list that takes functions dropped on it. */
export function Column({ group, index, isOnly, current, selected, select, onKey, drop, dragged, send }: ColumnProps) {
  const [isOver, setIsOver] = useState(false);
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    const id = event.dataTransfer?.getData("text/plain") ?? "";
    if (id !== "") drop(id);
  };
  const onDragOver = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(true);
  };
  const onDragLeave = (event: DragEvent): void => {
    if (!(event.currentTarget instanceof Element && event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setIsOver(false);
  };
  return (
    <section class={`column ${colourOf(group, index)}${isOver ? " over" : ""}`} aria-label={group.shortName} onDragOver={onDragOver} onDragLeave={onDragLeave} onDrop={onDrop}>
      <header data-vscode-context={group.isStaying ? undefined : JSON.stringify({ webviewSection: "group", module: group.module, preventDefaultContextMenuItems: true })}>
        <div class="title">
          <h3 title={group.module}>{group.shortName}</h3>
          {group.isStaying ? null : (
            <>
              <IconButton icon="edit" label={`Rename ${group.shortName} (F2)`} onClick={() => send({ kind: "ask", what: "rename", functions: [], module: group.module })} />
              {isOnly ? null : <IconButton icon="merge" label={`Merge ${group.shortName} into another module`} onClick={() => send({ kind: "ask", what: "merge", functions: [], module: group.module })} />}
            </>
          )}
        </div>
        <p class="quiet">{group.functions.length} function{group.functions.length === 1 ? "" : "s"}, {group.codeLines} code lines</p>
        <p class="quiet links">{group.links.length === 0 ? "no calls to the others" : group.links.join(", ")}</p>
      </header>
      {group.functions.length === 0 ? <p class="quiet empty">Nothing stays but the delegates.</p> : (
        <div role="listbox" aria-multiselectable="true" aria-label={`Functions of ${group.shortName}`} aria-describedby="keys">
          {group.functions.map((fn) => <Row key={fn.id} fn={fn} module={group.module} isCurrent={fn.id === current} isSelected={selected.has(fn.id)} select={select} onKey={onKey} dragged={dragged} />)}
        </div>
      )}
    </section>
  );
}

type RowProps = Pick<ColumnProps, "select" | "onKey" | "dragged"> & { readonly fn: FunctionView; readonly module: string; readonly isCurrent: boolean; readonly isSelected: boolean };

function Row({ fn, module, isCurrent, isSelected, select, onKey, dragged }: RowProps) {
  const isFixed = fn.staysBecause !== undefined;
  const said = [fn.isPrivate ? "private" : "", fn.isPinned ? "pinned" : "", isFixed ? `stays: it ${fn.staysBecause}` : "", fn.isUncertain ? "uncertain" : ""].filter((word) => word !== "").join(", ");
  // Only the menu that opens on this row looks at it, so what is selected then counts.
  const context = (): string => JSON.stringify({ webviewSection: "function", functions: dragged(fn.id), module, line: fn.line, isPinned: fn.isPinned, preventDefaultContextMenuItems: true });
  return (
    <div
      role="option"
      class={`function${fn.isPrivate ? " private" : ""}${isFixed ? " fixed" : ""}`}
      tabIndex={isCurrent ? 0 : -1}
      aria-selected={isSelected}
      data-id={fn.id}
      data-vscode-context={isFixed ? undefined : context()}
      draggable={!isFixed && !fn.isPinned}
      title={isFixed ? `Stays: it ${fn.staysBecause}.` : fn.why.join("; ")}
      onDragStart={(event) => event.dataTransfer?.setData("text/plain", fn.id)}
      onClick={(event) => select(fn.id, event.ctrlKey || event.metaKey || event.shiftKey || (event.target instanceof Element && event.target.closest(".tick") !== null))}
      onKeyDown={(event) => onKey(event, fn.id)}
    >
      <span class="tick"><Sign name={isSelected ? "pass-filled" : "circle-large"} /></span>
      <code>{fn.id}</code>
      {said === "" ? null : <span class="hidden">, {said}</span>}
      {fn.isPrivate ? <Sign name="lock" /> : null}
      {fn.isUncertain && !isFixed ? <Sign name="question" /> : null}
      {fn.isPinned ? <Sign name="pinned" /> : null}
      {isFixed ? <Sign name="circle-slash" /> : null}
    </div>
  );
}
