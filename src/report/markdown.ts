import type { ScanResult } from "../engine/finding.ts";
import { auditDocument } from "./audit-document.ts";
import { type Block, type Inline, type Piece, piecesOf, type TreeNode } from "./document.ts";
import type { ReportOptions } from "./parts.ts";

/** The audit as Markdown; charts are left to their tables. */
export const markdownReport = (result: ScanResult, options: ReportOptions): string => markdownOf(auditDocument(result, options));

/** A document as Markdown text that ends with a line break. */
export const markdownOf = (blocks: readonly Block[]): string => `${blocks.map(blockText).filter((text) => text !== "").join("\n\n")}\n`;

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escaped(block.text)}`;
    case "paragraph":
      return inlineText(block.text);
    case "list":
      return block.items.map((item, index) => `${block.ordered ? `${index + 1}.` : "-"} ${inlineText(item)}`).join("\n");
    case "table":
      return tableText(block);
    case "code":
      return codeText(block);
    case "diff":
      return diffText(block);
    case "entry":
      return [`#### ${inlineText(block.title)}`, ...block.blocks.map(blockText)].join("\n\n");
    case "tree":
      return block.roots.flatMap((root) => treeLines(root, 0)).join("\n");
    case "bars":
    case "trend":
    case "scatter":
      return "";
  }
}

function tableText({ head, numeric, rows }: Extract<Block, { kind: "table" }>): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, index) => (numeric.includes(index) ? "---:" : "---"))), ...rows.map((cells) => row(cells.map((cell) => inlineText(cell).replaceAll("|", "\\|"))))].join("\n");
}

/** Longer than any fence in the code. */
function fenceAround(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((ticks) => ticks.length)));
  return "`".repeat(longest + 1);
}

function diffText({ lines }: Extract<Block, { kind: "diff" }>): string {
  const fence = fenceAround(lines.map(({ text }) => text));
  return [`${fence}diff`, ...lines.map(({ sign, text }) => `${sign}${text}`.trimEnd()), fence].join("\n");
}

/** The reported lines carry a mark behind them. */
function codeText({ lines, firstLine, marked }: Extract<Block, { kind: "code" }>): string {
  const fence = fenceAround(lines);
  const isMarked = (line: number): boolean => line >= marked.from && line <= marked.to;
  const text = lines.map((line, index) => (firstLine + index === marked.from || (isMarked(firstLine + index) && marked.to - marked.from < 3) ? `${line}  # <-- line ${firstLine + index}` : line));
  return [`${fence}elixir`, ...text, fence].join("\n");
}

const treeLines = ({ name, note, to, children }: TreeNode, depth: number): string[] => [`${"  ".repeat(depth)}- ${to === undefined ? `\`${name}\`` : `[${escaped(name)}](${to})`}${note === "" ? "" : ` ${escaped(note)}`}`, ...children.flatMap((child) => treeLines(child, depth + 1))];

const inlineText = (text: Inline): string => piecesOf(text).map(pieceText).join("");

function pieceText(piece: Piece): string {
  if (typeof piece === "string") return escaped(piece);
  if ("code" in piece) return piece.code.includes("`") ? `\`\` ${piece.code} \`\`` : `\`${piece.code}\``;
  if ("strong" in piece) return `**${escaped(piece.strong)}**`;
  // Headings of findings have no name that every reader of Markdown agrees on, so places within the report are plain.
  if (piece.to?.startsWith("#") === true) return escaped(piece.link);
  return piece.to === undefined ? `\`${piece.link}\`` : `[${escaped(piece.link)}](${piece.to})`;
}

/** Words of user code stay as they are: what Markdown would read as formatting is escaped. */
const escaped = (text: string): string => text.replace(/[\\*<>[\]]/g, "\\$&").replace(/(^|[^\w/])_(?=\w)|_(?=\W|$)/g, (match) => match.replace("_", "\\_"));
