import type { Block, TreeNode } from "./document.ts";
import { escapeHtml } from "./escape-html.ts";

/** Charts as SVG text. Each repeats a table or list nearby, and carries its figures in its label for a screen reader. */
type Chart = Extract<Block, { kind: "bars" | "trend" | "scatter" }>;

const WIDTH = 640;
/** Bars are drawn so narrow that a phone shows them whole. */
const BARS_WIDTH = 440;

export function chartSvg(chart: Chart): string {
  switch (chart.kind) {
    case "bars":
      return bars(chart);
    case "trend":
      return trend(chart);
    case "scatter":
      return scatter(chart);
  }
}

const frame = (kind: "bars" | "wide", title: string, figures: string, size: { readonly width: number; readonly height: number }, inner: string): string => `<svg class="chart ${kind}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeHtml(`${title}: ${figures}`)}">${inner}</svg>`;

function bars({ title, bars: data }: Extract<Chart, { kind: "bars" }>): string {
  const most = Math.max(1, ...data.map(({ value }) => value));
  const row = 28;
  const inner = data.map(({ label, value, tone }, index) => {
    const y = index * row;
    const width = Math.round((value / most) * (BARS_WIDTH - 160) * 10) / 10;
    return `<text x="110" y="${y + 19}" text-anchor="end">${escapeHtml(label)}</text><rect class="${tone ?? "plain"}" x="120" y="${y + 4}" width="${Math.max(width, value === 0 ? 0 : 2)}" height="20" rx="2"/><text x="${120 + width + 8}" y="${y + 19}">${value}</text>`;
  });
  return frame("bars", title, data.map(({ label, value }) => `${label} ${value}`).join(", "), { width: BARS_WIDTH, height: data.length * row }, inner.join(""));
}

function trend({ title, points }: Extract<Chart, { kind: "trend" }>): string {
  const height = 200;
  const most = Math.max(1, ...points.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0)));
  const step = WIDTH / points.length;
  const inner = points.map(({ label, parts }, index) => {
    let y = height - 24;
    const columns = parts.map(({ value, tone }) => {
      const tall = Math.round((value / most) * (height - 48) * 10) / 10;
      y -= tall;
      return `<rect class="${tone ?? "plain"}" x="${index * step + step * 0.2}" y="${y}" width="${step * 0.6}" height="${tall}"/>`;
    });
    const total = parts.reduce((sum, { value }) => sum + value, 0);
    return `${columns.join("")}<text x="${(index + 0.5) * step}" y="${y - 6}" text-anchor="middle">${total}</text><text x="${(index + 0.5) * step}" y="${height - 8}" text-anchor="middle">${escapeHtml(label)}</text>`;
  });
  return frame("wide", title, points.map(({ label, parts }) => `${label}: ${parts.map((part) => `${part.value} ${part.label}`).join(", ")}`).join("; "), { width: WIDTH, height }, inner.join(""));
}

function scatter({ title, across, up, points }: Extract<Chart, { kind: "scatter" }>): string {
  const height = 300;
  const farthest = Math.max(1, ...points.map(({ x }) => x));
  const highest = Math.max(1, ...points.map(({ y }) => y));
  const dots = points.map(({ label, x, y, isMarked }) => {
    const left = 48 + (x / farthest) * (WIDTH - 96);
    const top = height - 40 - (y / highest) * (height - 72);
    const name = label.slice(label.lastIndexOf(".") + 1);
    // Names only of what is reported: others would cover each other.
    const text = isMarked === true ? `<text x="${(left > WIDTH / 2 ? left - 10 : left + 10).toFixed(1)}" y="${(top - 8).toFixed(1)}" text-anchor="${left > WIDTH / 2 ? "end" : "start"}">${escapeHtml(name)}</text>` : "";
    return `<circle class="${isMarked === true ? "high" : "plain"}" cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="${isMarked === true ? 7 : 5}" fill-opacity="0.75"><title>${escapeHtml(label)}: ${x} ${escapeHtml(across)}, ${y} ${escapeHtml(up)}</title></circle>${text}`;
  });
  const axes = `<path class="axis" d="M48 16V${height - 40}H${WIDTH - 16}"/><text x="${WIDTH - 16}" y="${height - 20}" text-anchor="end">${escapeHtml(across)}, up to ${farthest}</text><text x="48" y="12">${escapeHtml(up)}, up to ${highest}</text>`;
  return frame("wide", title, points.map(({ label, x, y, isMarked }) => `${label} ${x} ${across}, ${y} ${up}${isMarked === true ? ", reported" : ""}`).join("; "), { width: WIDTH, height }, axes + dots.join(""));
}

/** A tree, one row to a node; hidden from screen readers, which get the list beside it. */
export function treeSvg(roots: readonly TreeNode[]): string {
  const rows: string[] = [];
  const row = 26;
  const draw = ({ name, note, children }: TreeNode, depth: number): number => {
    const y = rows.length * row + 18;
    const x = depth * 28 + 8;
    rows.push(`<circle class="plain" cx="${x}" cy="${y - 4}" r="4"/><text x="${x + 12}" y="${y}">${escapeHtml(name)} <tspan class="note">${escapeHtml(note)}</tspan></text>`);
    const at = rows.length - 1;
    const ends = children.map((child) => draw(child, depth + 1));
    const last = ends.at(-1);
    if (last !== undefined) rows[at] += `<path class="axis" d="M${x} ${y + 2}V${last - 4}${ends.map((end) => `M${x} ${end - 4}H${x + 22}`).join("")}"/>`;
    return y;
  };
  for (const root of roots) draw(root, 0);
  const width = Math.round(Math.max(...widthsOf(roots, 0)));
  return `<svg class="tree" viewBox="0 0 ${width} ${rows.length * row + 8}" width="${width}" aria-hidden="true">${rows.join("")}</svg>`;
}

/** About as wide as the text of each row is drawn. */
const widthsOf = (nodes: readonly TreeNode[], depth: number): number[] => nodes.flatMap(({ name, note, children }) => [depth * 28 + 32 + (name.length + note.length) * 8, ...widthsOf(children, depth + 1)]);
