import type { Expr } from "../syntax/tree.ts";

const definitions = /^(def|defp|defmacro|defmacrop|defdelegate|defn|defnp)$/;
const modules = /^(defmodule|defimpl|defprotocol)$/;

/** Names of the innermost module and function that an expression stands in; "" outside of any. */
export function functionAround(expr: Expr): { readonly module: string; readonly function: string } {
  let fn = "";
  for (let node: Expr | undefined = expr; node !== undefined; node = node.parent) {
    if (node.kind !== "call") continue;
    if (fn === "" && definitions.test(node.name)) fn = headName(node.args[0]);
    else if (fn === "" && /^(test|setup|setup_all|property|describe)$/.test(node.name)) fn = node.args[0]?.kind === "string" ? `${node.name} "${node.args[0].name}"` : node.name;
    else if (modules.test(node.name)) return { module: node.args[0]?.name ?? "", function: fn };
  }
  return { module: "", function: fn };
}

function headName(written: Expr | undefined): string {
  const head = written?.isOp("when") ? written.left : written;
  if (head === undefined) return "";
  return head.kind === "call" ? `${head.name}/${head.args.length}` : `${head.name}/${head.kind === "op" ? 2 : head.kind === "unary" ? 1 : 0}`;
}
