import type { Expr } from "../syntax/tree.ts";
import { didYouMean } from "./nearest.ts";

/** Takes a complaint about a place of a configuration file. */
export type Complain = (at: Expr, message: string) => void;

/** Words for what an expression is, for complaints. */
function described(value: Expr): string {
  if (value.kind === "call" || value.kind === "field" || value.kind === "var" || value.kind === "op") return `\`${value.text.split("\n")[0] ?? ""}\` is code, and the configuration is read without running it`;
  return `\`${value.text.split("\n")[0] ?? ""}\` does not fit`;
}

/** Each reader gives the value, or complains and gives undefined. */
export type Read<T> = (value: Expr, complain: Complain) => T | undefined;

const wrong = (value: Expr, complain: Complain, wanted: string): undefined => void complain(value, `${described(value)}: write ${wanted}`);

export const readBoolean: Read<boolean> = (value, complain) => (value.isAtom("true") ? true : value.isAtom("false") ? false : wrong(value, complain, "true or false"));

export const readText: Read<string> = (value, complain) => (isText(value) ? unescaped(value.name) : wrong(value, complain, 'a plain text such as "lib/**"'));

export const readNumber: Read<number> = (value, complain) => {
  const negative = value.kind === "unary" && value.name === "-";
  const digits = negative ? value.children[0] : value;
  const number = digits?.kind === "number" ? Number(digits.name.replaceAll("_", "")) : Number.NaN;
  return Number.isNaN(number) ? wrong(value, complain, "a number") : negative ? -number : number;
};

/** A name written as atom, text or module. */
export const nameOf = (value: Expr): string | undefined => (value.kind === "atom" || value.kind === "alias" || isText(value) ? value.name : undefined);

const isText = (value: Expr): boolean => value.kind === "string" && !value.has(256);
const unescaped = (text: string): string => text.replace(/\\(["\\#])/g, "$1");

export const readOneOf =
  <const T extends string>(allowed: readonly T[]): Read<T> =>
  (value, complain) => {
    const name = nameOf(value);
    const found = allowed.find((candidate) => candidate === name);
    if (found !== undefined) return found;
    return wrong(value, complain, `one of ${allowed.map((word) => `:${word}`).join(", ")}.${name === undefined ? "" : didYouMean(name, allowed)}`);
  };

/** A list whose readable items are kept. */
export const readList =
  <T>(item: Read<T>): Read<readonly T[]> =>
  (value, complain) => {
    if (value.kind !== "list") return wrong(value, complain, "a list in brackets");
    return value.children.flatMap((child) => {
      const read = item(child, complain);
      return read === undefined ? [] : [read];
    });
  };

/** Keys and values of a map or keyword list; items that are no pairs are complained about. */
export function* entriesOf(value: Expr, complain: Complain): Generator<{ readonly key: string; readonly at: Expr; readonly value: Expr }> {
  if (value.kind !== "map" && value.kind !== "list") return wrong(value, complain, "a keyword list or a map");
  for (const child of value.children) {
    const key = child.kind === "pair" ? child.key : child.kind === "tuple" && child.children.length === 2 ? child.children[0] : undefined;
    const held = child.kind === "pair" ? child.value : child.children[1];
    const name = key === undefined ? undefined : nameOf(key);
    if (key === undefined || held === undefined || name === undefined) wrong(child, complain, "a key with a value, such as extended: true");
    else yield { key: name, at: key, value: held };
  }
}
