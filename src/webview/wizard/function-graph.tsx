import { useMemo, useState } from "preact/hooks";
import type { Snapshot } from "../../wizard/view.ts";

type Props = { readonly map: Snapshot["map"]; readonly groups: Snapshot["groups"]; readonly open: (line: number) => void };

const colours = 8;

/** Functions as boxes coloured by their group, calls as lines; with search and zoom, and the same as a list for a screen reader. */
export function FunctionGraph({ map, groups, open }: Props) {
  const [zoom, setZoom] = useState(1);
  const [search, setSearch] = useState("");
  const [over, setOver] = useState<number | undefined>(undefined);
  const groupOf = useMemo(() => new Map(groups.flatMap((group, index) => group.functions.map((fn) => [fn.id, { index: group.isStaying ? -1 : index, name: group.shortName }] as const))), [groups]);
  const nameOf = useMemo(() => new Map([...groupOf].map(([id, group]) => [id.slice(0, id.lastIndexOf("/")), group])), [groupOf]);
  const isNear = (index: number): boolean => over === undefined || over === index || map.edges.some(([from, to]) => (from === over && to === index) || (to === over && from === index));
  const wanted = search.trim().toLowerCase();
  return (
    <div>
      <div class="toolbar">
        <label>Search <input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} /></label>
        <button type="button" class="secondary" aria-label="Zoom out" onClick={() => setZoom(Math.max(zoom / 1.25, 0.3))}>−</button>
        <button type="button" class="secondary" aria-label="Zoom in" onClick={() => setZoom(Math.min(zoom * 1.25, 3))}>+</button>
        <ul class="legend" aria-label="Groups">
          {groups.map((group, index) => <li key={group.module}><span class={`swatch ${group.isStaying ? "staying" : `group-${index % colours}`}`} aria-hidden="true" /> {group.shortName}</li>)}
        </ul>
      </div>
      <section class="scroll graph" tabIndex={0} aria-label="Graph of functions">
        <svg width={map.width * zoom} height={map.height * zoom} viewBox={`0 0 ${map.width} ${map.height}`} role="img" aria-label={`${map.nodes.length} functions and ${map.edges.length} calls between them; the list below says the same`}>
          {map.edges.map(([from, to]) => {
            const [a, b] = [map.nodes[from], map.nodes[to]];
            if (a === undefined || b === undefined) return null;
            const bend = Math.max(Math.abs(b.x - a.x) / 2, 24);
            return <path key={`${from}-${to}`} class={over === undefined || over === from || over === to ? "edge" : "edge faint"} d={`M${a.x + a.width / 2} ${a.y}C${a.x + a.width / 2 + bend} ${a.y} ${b.x - b.width / 2 - bend} ${b.y} ${b.x - b.width / 2} ${b.y}`} />;
          })}
          {map.nodes.map((node, index) => {
            const group = groupOf.get(node.id) ?? nameOf.get(node.name);
            const isFaint = (wanted !== "" && !node.id.toLowerCase().includes(wanted)) || !isNear(index);
            return (
              <g key={node.id} class={`node ${group === undefined || group.index < 0 ? "staying" : `group-${group.index % colours}`}${isFaint ? " faint" : ""}`} onMouseEnter={() => setOver(index)} onMouseLeave={() => setOver(undefined)} onClick={() => open(node.line)}>
                <title>{`${node.id}, ${node.lines} lines${node.isPrivate ? ", private" : ""}${group === undefined ? "" : `, ${group.name}`}`}</title>
                <rect x={node.x - node.width / 2} y={node.y - node.height / 2} width={node.width} height={node.height} rx={4} />
                <text x={node.x} y={node.y + 4} text-anchor="middle">{node.name}</text>
              </g>
            );
          })}
        </svg>
      </section>
      <details>
        <summary>The same as a list</summary>
        <ul class="twin">
          {map.nodes.map((node, index) => {
            const called = map.edges.filter(([from]) => from === index).map(([, to]) => map.nodes[to]?.id ?? "");
            return <li key={node.id}><button type="button" class="link" onClick={() => open(node.line)}>{node.id}</button> {nameOf.get(node.name)?.name ?? ""}{called.length === 0 ? "" : `; calls ${called.join(", ")}`}</li>;
          })}
        </ul>
      </details>
    </div>
  );
}
