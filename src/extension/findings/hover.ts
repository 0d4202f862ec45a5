import * as vscode from "vscode";
import type { Places } from "../places/places.ts";
import type { Session } from "../session.ts";
import { elixirFiles } from "../vscode/contributions.ts";
import { background, explanation } from "./explanation.ts";

/** Explains the finding under the pointer. What Problems shows stands in the same box already and is not said twice. */
export function findingHover(session: Session, places: Places, isInProblems: (confidence: string) => boolean): vscode.Disposable {
  return vscode.languages.registerHoverProvider(elixirFiles, {
    provideHover(document, position) {
      const here = session.findingsIn(document.uri).filter((located) => places.rangeOf(located).contains(position));
      const [first] = here;
      return first === undefined ? undefined : new vscode.Hover(here.map((located) => (isInProblems(located.finding.confidence) ? background(located) : explanation(located))), places.rangeOf(first));
    },
  });
}
