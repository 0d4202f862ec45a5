import * as vscode from "vscode";
import { shortName } from "../../wizard/groups.ts";
import type { Effect, Intent, Session as Walk } from "../../wizard/session.ts";
import { wrongName } from "../../wizard/update.ts";

type Ask = Extract<Effect, { readonly kind: "ask" }>;
type Suggest = (functions: readonly string[]) => Promise<readonly string[]>;

/** Completes a change with VS Code's own quick input; undefined when it was left. */
export async function completed(walk: Walk, ask: Ask, suggest: Suggest): Promise<Intent | undefined> {
  const { functions, module } = ask;
  switch (ask.what) {
    case "move": {
      const target = await pickedModule(walk, `Move ${named(functions)} to`, functions, true);
      if (target === undefined) return undefined;
      return target === NEW ? splitOff(walk, functions, suggest) : { kind: "move", functions, to: target };
    }
    case "merge": {
      const into = await pickedModule(walk, `Merge ${shortName(module, walk.plan.module)} into`, [], false, module);
      return into === undefined ? undefined : { kind: "merge", from: module, into };
    }
    case "rename": {
      const group = walk.shape.groups.find((candidate) => candidate.module === module);
      const to = group === undefined ? undefined : await pickedName(walk, `Rename ${shortName(module, walk.plan.module)}`, module, await suggest(group.functions));
      return to === undefined ? undefined : { kind: "rename", from: module, to };
    }
    case "split":
      return splitOff(walk, functions, suggest);
  }
}

const named = (functions: readonly string[]): string => (functions.length === 1 ? (functions[0] ?? "") : `${functions.length} functions`);

async function splitOff(walk: Walk, functions: readonly string[], suggest: Suggest): Promise<Intent | undefined> {
  const name = await pickedName(walk, `New module for ${named(functions)}`, "", await suggest(functions));
  return name === undefined ? undefined : { kind: "split", functions, name };
}

const NEW = "\0new";
type ModuleItem = vscode.QuickPickItem & { readonly module: string };

async function pickedModule({ plan, shape }: Walk, title: string, functions: readonly string[], withOthers: boolean, except = ""): Promise<string | undefined> {
  const homes = new Set(shape.groups.filter((group) => functions.length > 0 && functions.every((id) => group.functions.includes(id))).map((group) => group.module));
  const items: ModuleItem[] = shape.groups.filter(({ module }) => module !== except && !homes.has(module)).map((group) => ({ label: shortName(group.module, plan.module), description: `${group.functions.length} functions`, module: group.module }));
  const others: ModuleItem[] = withOthers ? [{ label: plan.module, description: "stays where it is", module: "" }, { label: "$(add) New module…", module: NEW }] : [];
  return (await vscode.window.showQuickPick([...items, ...others], { title, placeHolder: "Module" }))?.module;
}

/** A name out of suggestions, or typed; a typed one is looked at before it is taken. */
function pickedName(walk: Walk, title: string, current: string, suggestions: readonly string[]): Promise<string | undefined> {
  const prefix = `${walk.plan.module}.`;
  const full = (typed: string): string => (/^[A-Z][A-Za-z0-9_]*$/.test(typed) && typed !== walk.plan.module ? `${prefix}${typed}` : typed);
  const input = vscode.window.createQuickPick();
  const offered = suggestions.filter((name) => name !== current && wrongName(walk, name) === undefined).map((name): vscode.QuickPickItem => ({ label: shortName(name, walk.plan.module), description: name, iconPath: new vscode.ThemeIcon("lightbulb") }));
  const show = (): void => {
    const typed = input.value.trim();
    const wrong = typed === "" ? undefined : wrongName(walk, full(typed));
    const own: vscode.QuickPickItem[] = typed === "" ? [] : [wrong === undefined ? { label: typed, description: `${full(typed)}, as typed`, alwaysShow: true, iconPath: new vscode.ThemeIcon("edit") } : { label: `$(warning) ${wrong}`, alwaysShow: true }];
    input.items = [...own, ...offered];
  };
  input.title = title;
  input.placeholder = `Type a name like Parser, or choose one${current === "" ? "" : `; now ${shortName(current, walk.plan.module)}`}`;
  input.matchOnDescription = true;
  show();
  return new Promise((resolve) => {
    input.onDidChangeValue(show);
    input.onDidAccept(() => {
      const [chosen] = input.selectedItems;
      const name = full(chosen === undefined || chosen.alwaysShow === true ? input.value.trim() : (chosen.description ?? chosen.label));
      if (wrongName(walk, name) !== undefined) return;
      resolve(name);
      input.hide();
    });
    input.onDidHide(() => {
      resolve(undefined);
      input.dispose();
    });
    input.show();
  });
}
