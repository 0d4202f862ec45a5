import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { withoutArity } from "../../wizard/groups.ts";
import type { GroupView, Snapshot } from "../../wizard/view.ts";
import { colourOf, IconButton, type Send } from "./parts.tsx";

type Props = { readonly map: Snapshot["map"]; readonly groups: readonly GroupView[]; readonly send: Send };
type Home = { readonly colour: string; readonly name: string };

const ZOOMS = [0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6, 2, 2.5] as const;

/** Functions as boxes coloured by their group, calls as lines, shared state as dashed lines; search, zoom, and a line on what is pointed at. */
export function FunctionGraph({ map, groups, send }: Props) {
  const [zoom, setZoom] = useState(5);
  const [search, setSearch] = useState("");
  const [showsShares, setShowsShares] = useState(false);
  const [told, setTold] = useState("");
  const frame = useRef<HTMLElement>(null);
  const homes = useMemo(() => homesOf(groups), [groups]);
  const near = useMemo(() => neighbours(map), [map]);
  const scale = ZOOMS[zoom] ?? 1;
  useMarks(frame, map, search, near, homes, (index) => setTold(index === undefined ? "" : sentence(map, near, homes, index)));
  const fit = (): void => {
    const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
    const whole = ZOOMS.findLastIndex((candidate) => map.width * candidate <= clientWidth && map.height * candidate <= clientHeight);
    setZoom(Math.max(0, whole));
  };
  return (
    <div>
      <div class="toolbar">
        <label>Search <input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} /></label>
        <IconButton icon="zoom-out" label="Zoom out" isDisabled={zoom === 0} onClick={() => setZoom(Math.max(0, zoom - 1))} />
        <IconButton icon="zoom-in" label="Zoom in" isDisabled={zoom === ZOOMS.length - 1} onClick={() => setZoom(Math.min(ZOOMS.length - 1, zoom + 1))} />
        <IconButton icon="screen-full" label="Fit the whole graph" onClick={fit} />
        {map.shares.length === 0 ? null : <label><input type="checkbox" checked={showsShares} onChange={(event) => setShowsShares(event.currentTarget.checked)} /> Shared state</label>}
      </div>
      <ul class="legend" aria-label="Colours">
        {groups.map((group, index) => <li key={group.module}><span class={`swatch ${colourOf(group, index)}`} aria-hidden="true" /> {group.shortName}</li>)}
      </ul>
      <p class="told" aria-hidden="true">{told === "" ? "Point at a function to see what it calls; click it to open its code." : told}</p>
      <section ref={frame} class="scroll graph" tabIndex={0} aria-label="Graph of functions" onWheel={(event) => { if (event.ctrlKey) { event.preventDefault(); setZoom(Math.min(ZOOMS.length - 1, Math.max(0, zoom + (event.deltaY < 0 ? 1 : -1)))); } }}>
        <Picture map={map} homes={homes} scale={scale} showsShares={showsShares} send={send} />
      </section>
      <details>
        <summary>The same as a list</summary>
        <ul class="twin">
          {map.nodes.map((node, index) => (
            <li key={node.id}><button type="button" class="link" onClick={() => send({ kind: "open", file: "", line: node.line })}>{node.id}</button> {rest(map, near, homes, index)}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}

function homesOf(groups: readonly GroupView[]): ReadonlyMap<string, Home> {
  return new Map(groups.flatMap((group, index) => group.functions.map(({ id }) => [withoutArity(id), { colour: colourOf(group, index), name: group.shortName }] as const)));
}

type Near = readonly { readonly calls: readonly number[]; readonly callers: readonly number[]; readonly shares: readonly string[] }[];

function neighbours({ nodes, edges, shares }: Props["map"]): Near {
  const near = nodes.map(() => ({ calls: [] as number[], callers: [] as number[], shares: [] as string[] }));
  for (const [from, to] of edges) {
    near[from]?.calls.push(to);
    near[to]?.callers.push(from);
  }
  for (const { name, members } of shares) for (const member of members) near[member]?.shares.push(name);
  return near;
}

const sentence = (map: Props["map"], near: Near, homes: ReadonlyMap<string, Home>, index: number): string => `${map.nodes[index]?.id ?? ""} ${rest(map, near, homes, index)}`;

function rest(map: Props["map"], near: Near, homes: ReadonlyMap<string, Home>, index: number): string {
  const node = map.nodes[index];
  const ties = near[index];
  if (node === undefined || ties === undefined) return "";
  const ids = (list: readonly number[]): string => `${list.slice(0, 6).map((other) => map.nodes[other]?.id ?? "").join(", ")}${list.length > 6 ? ` and ${list.length - 6} more` : ""}`;
  return [
    `${homes.get(node.name)?.name ?? ""}, ${node.lines} lines${node.isPrivate ? ", private" : ""}`,
    ...(ties.calls.length === 0 ? [] : [`calls ${ids(ties.calls)}`]),
    ...(ties.callers.length === 0 ? [] : [`called by ${ids(ties.callers)}`]),
    ...(ties.shares.length === 0 ? [] : [`shares ${ties.shares.slice(0, 5).join(", ")}`]),
  ].join("; ");
}

/**
 * Marks what the search finds and what belongs to the function under the pointer. It touches classes alone: drawing some
 * hundred boxes again at every move of the mouse would be felt.
 */
function useMarks(frame: { readonly current: HTMLElement | null }, map: Props["map"], search: string, near: Near, homes: ReadonlyMap<string, Home>, tell: (index: number | undefined) => void): void {
  useEffect(() => {
    const root = frame.current;
    if (root === null) return;
    const boxes = [...root.querySelectorAll<SVGGElement>("[data-node]")];
    const lines = [...root.querySelectorAll<SVGPathElement>("[data-edge]")];
    const found = foundIn(map, search);
    const mark = (over: number | undefined): void => {
      const ties = over === undefined ? undefined : near[over];
      const close = ties === undefined ? undefined : new Set([over, ...ties.calls, ...ties.callers]);
      boxes.forEach((box, index) => box.classList.toggle("faint", found[index] !== true || (close !== undefined && !close.has(index))));
      lines.forEach((line, index) => {
        const [from, to] = map.edges[index] ?? [];
        const isTied = over !== undefined && (from === over || to === over);
        line.classList.toggle("faint", (over !== undefined && !isTied) || !(found[from ?? 0] === true && found[to ?? 0] === true));
        line.classList.toggle("strong", isTied);
      });
    };
    let last: number | undefined;
    const look = (event: Event): void => {
      const box = event.type === "mouseleave" || !(event.target instanceof Element) ? null : event.target.closest("[data-node]");
      const index = box === null ? undefined : Number(box.getAttribute("data-node"));
      if (index === last) return;
      last = index;
      mark(index);
      tell(index);
    };
    mark(undefined);
    root.addEventListener("mouseover", look);
    root.addEventListener("mouseleave", look);
    return () => {
      root.removeEventListener("mouseover", look);
      root.removeEventListener("mouseleave", look);
    };
    // Colours that change are classes that are drawn anew.
  }, [map, search, near, homes]);
  // The page moves for what is typed, never for what is drawn.
  useEffect(() => {
    if (search.trim() !== "") frame.current?.querySelectorAll("[data-node]")[foundIn(map, search).indexOf(true)]?.scrollIntoView({ block: "center", inline: "center" });
  }, [search]);
}

/** For each function whether the search finds it; an empty one finds all. */
const foundIn = ({ nodes }: Props["map"], search: string): readonly boolean[] => nodes.map(({ id }) => id.toLowerCase().includes(search.trim().toLowerCase()));

type PictureProps = { readonly map: Props["map"]; readonly homes: ReadonlyMap<string, Home>; readonly scale: number; readonly showsShares: boolean; readonly send: Send };

const Picture = memo(function Picture({ map, homes, scale, showsShares, send }: PictureProps) {
  const open = (event: Event): void => {
    const box = event.target instanceof Element ? event.target.closest("[data-node]") : null;
    const node = map.nodes[Number(box?.getAttribute("data-node") ?? -1)];
    if (node !== undefined) send({ kind: "open", file: "", line: node.line });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list below the picture does the same with the keyboard
    <svg width={map.width * scale} height={map.height * scale} viewBox={`0 0 ${map.width} ${map.height}`} role="img" aria-label={`${map.nodes.length} functions and ${map.edges.length} calls between them; the list below says the same`} onClick={open}>
      {map.edges.map(([from, to], index) => <path key={`${from}-${to}`} data-edge={index} class="edge" d={bend(map, from, to)} />)}
      {showsShares ? map.shares.map((share) => <Share key={share.name} map={map} share={share} />) : null}
      {map.nodes.map((node, index) => (
        <g key={node.id} data-node={index} class={`node ${homes.get(node.name)?.colour ?? "staying"}${node.isPrivate ? " private" : ""}`}>
          <title>{`${node.id}, ${homes.get(node.name)?.name ?? ""}`}</title>
          <rect x={node.x - node.width / 2} y={node.y - node.height / 2} width={node.width} height={node.height} rx={3} />
          <text x={node.x} y={node.y + 4} text-anchor="middle">{node.name}</text>
        </g>
      ))}
    </svg>
  );
});

function bend({ nodes }: Props["map"], from: number, to: number): string {
  const [a, b] = [nodes[from], nodes[to]];
  if (a === undefined || b === undefined) return "";
  const reach = Math.max(Math.abs(b.x - a.x) / 2, 24);
  return `M${a.x + a.width / 2} ${a.y}C${a.x + a.width / 2 + reach} ${a.y} ${b.x - b.width / 2 - reach} ${b.y} ${b.x - b.width / 2} ${b.y}`;
}

/** Dashed lines from the functions that share something to its name in their middle. */
function Share({ map, share }: { readonly map: Props["map"]; readonly share: Props["map"]["shares"][number] }) {
  const members = share.members.flatMap((index) => map.nodes[index] ?? []);
  const x = members.reduce((sum, node) => sum + node.x, 0) / members.length;
  const y = members.reduce((sum, node) => sum + node.y, 0) / members.length + 16;
  return (
    <g class="share">
      {members.map((node) => <line key={node.id} x1={node.x} y1={node.y + node.height / 2} x2={x} y2={y} />)}
      <text x={x} y={y + 4} text-anchor="middle">{share.name}</text>
    </g>
  );
}
