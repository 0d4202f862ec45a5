import type { ScanResult } from "../engine/finding.ts";
import { auditDocument } from "./audit-document.ts";
import { chartSvg, treeSvg } from "./charts.ts";
import { type Block, type Inline, type Piece, piecesOf, type TreeNode } from "./document.ts";
import { escapeHtml } from "./escape-html.ts";
import { htmlStyle } from "./html-style.ts";
import type { ReportOptions } from "./parts.ts";

/** The audit as one HTML file that needs nothing else: no network, no script, no font. */
export const htmlReport = (result: ScanResult, options: ReportOptions): string => htmlOf(`OTP audit of ${options.project}`, auditDocument(result, options));

/** A document as a whole page with a table of contents; several documents one after the other when there are several folders. */
export function htmlOf(title: string, blocks: readonly Block[]): string {
  const used = new Map<string, number>();
  const unique = blocks.map((block): Block => {
    if (block.kind !== "heading" && block.kind !== "entry") return block;
    const times = (used.get(block.id) ?? 0) + 1;
    used.set(block.id, times);
    return times === 1 ? block : { ...block, id: `${block.id}-${times}` };
  });
  const several = unique.filter((block) => block.kind === "heading" && block.level === 1).length > 1;
  const contents = unique.flatMap((block) => (block.kind === "heading" && (block.level === 2 || (several && block.level === 1)) ? [`<li>${block.level === 1 ? "<strong>" : ""}<a href="#${block.id}">${escapeHtml(block.text)}</a>${block.level === 1 ? "</strong>" : ""}</li>`] : []));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${htmlStyle}</style>
</head>
<body>
<main>
${unique.slice(0, 1).map(blockHtml).join("")}
<nav aria-label="Contents"><ul>${contents.join("")}</ul></nav>
${unique.slice(1).map(blockHtml).join("\n")}
</main>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level} id="${block.id}">${escapeHtml(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${inlineHtml(block.text)}</p>`;
    case "list": {
      const tag = block.ordered ? "ol" : "ul";
      return `<${tag}>${block.items.map((item) => `<li>${inlineHtml(item)}</li>`).join("")}</${tag}>`;
    }
    case "table":
      return tableHtml(block);
    case "code":
      return codeHtml(block);
    case "diff":
      return diffHtml(block);
    case "entry":
      return entryHtml(block);
    case "tree":
      return `<figure><figcaption>${escapeHtml(block.title)}</figcaption><div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(block.title)}, drawn">${treeSvg(block.roots)}</div><details><summary>The same as a list</summary>${treeList(block.roots)}</details></figure>`;
    case "bars":
    case "trend":
    case "scatter":
      return `<figure><figcaption>${escapeHtml(block.title)}</figcaption><div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(block.title)}, drawn">${chartSvg(block)}</div></figure>`;
  }
}

function tableHtml({ caption, head, numeric, rows }: Extract<Block, { kind: "table" }>): string {
  const side = (index: number): string => (numeric.includes(index) ? ' class="n"' : "");
  const heads = head.map((cell, index) => `<th scope="col"${side(index)}>${escapeHtml(cell)}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell, index) => `<td${side(index)}>${inlineHtml(cell)}</td>`).join("")}</tr>`).join("");
  // A name and figures: across the whole page the eye would lose the line.
  const isNarrow = numeric.length === head.length - 1;
  return `<div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(caption)}"><table${isNarrow ? ' class="narrow"' : ""}><caption>${escapeHtml(caption)}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A finding that folds. A link inside of what folds would be a control in a control, so links stand in a line of their own. */
function entryHtml({ title, id, tone, blocks }: Extract<Block, { kind: "entry" }>): string {
  const pieces = piecesOf(title);
  const links = pieces.filter((piece) => typeof piece === "object" && "link" in piece && piece.to !== undefined);
  const plain = pieces.map((piece) => (typeof piece === "object" && "link" in piece ? piece.link.slice(piece.link.lastIndexOf("/") + 1) : piece));
  return `<details open class="entry ${tone}" id="${escapeHtml(id)}"><summary>${inlineHtml(plain)}</summary>${links.map((piece) => `<p>${pieceHtml(piece)}</p>`).join("")}${blocks.map(blockHtml).join("\n")}</details>`;
}

function codeHtml({ lines, firstLine, marked }: Extract<Block, { kind: "code" }>): string {
  const line = (text: string, number: number): string => {
    const isMarked = number >= marked.from && number <= marked.to;
    return `<span${isMarked ? ' class="marked"' : ""}><i>${isMarked ? '<b class="unseen">reported, line </b>' : ""}${number}</i>${escapeHtml(text)}</span>`;
  };
  return `<pre><code>${lines.map((text, index) => line(text, firstLine + index)).join("")}</code></pre>`;
}

/** The signs are words to a screen reader. */
function diffHtml({ lines }: Extract<Block, { kind: "diff" }>): string {
  const words = { "-": "taken out: ", "+": "put in: ", " ": "" };
  const kinds = { "-": ' class="out"', "+": ' class="in"', " ": "" };
  return `<pre class="diff"><code>${lines.map(({ sign, text }) => `<span${kinds[sign]}><i>${words[sign] === "" ? "" : `<b class="unseen">${words[sign]}</b>`}<b aria-hidden="true">${sign}</b></i>${escapeHtml(text)}</span>`).join("")}</code></pre>`;
}

const treeList = (nodes: readonly TreeNode[]): string => `<ul>${nodes.map(({ name, note, to, children }) => `<li>${to === undefined ? `<code>${escapeHtml(name)}</code>` : `<a href="${escapeHtml(to)}">${escapeHtml(name)}</a>`} ${escapeHtml(note)}${children.length === 0 ? "" : treeList(children)}</li>`).join("")}</ul>`;

const inlineHtml = (text: Inline): string => piecesOf(text).map(pieceHtml).join("");

function pieceHtml(piece: Piece): string {
  if (typeof piece === "string") return softly(piece);
  if ("code" in piece) return `<code>${escapeHtml(piece.code)}</code>`;
  if ("strong" in piece) return `<strong>${escapeHtml(piece.strong)}</strong>`;
  return piece.to === undefined ? `<code>${softly(piece.link)}</code>` : `<a href="${escapeHtml(piece.to)}">${softly(piece.link)}</a>`;
}

/** Text whose paths may be broken after a folder or a word, before they are broken anywhere; a function stays with its arity. */
const softly = (text: string): string => escapeHtml(text).replace(/[\w.-]+(?:\/[\w.-]*[a-z_][\w.-]*)+/gi, (path) => path.replace(/[/_]/g, "$&<wbr>"));
