import * as vscode from "vscode";
import type { Session } from "../session.ts";
import { rangeOf } from "../vscode/place.ts";
import { explanation } from "./explanation.ts";

/** Explains the finding under the pointer. */
export function findingHover(session: Session): vscode.Disposable {
  return vscode.languages.registerHoverProvider({ language: "elixir" }, {
    provideHover(document, position) {
      const here = session.findings.filter((located) => located.uri.toString() === document.uri.toString() && rangeOf(located.finding).contains(position));
      const [first] = here;
      return first === undefined ? undefined : new vscode.Hover(here.map(explanation), rangeOf(first.finding));
    },
  });
}
