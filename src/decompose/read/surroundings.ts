/** What the planner may know about the project around a module; everything is optional, less knowledge pins more. */
export type Surroundings = {
  /** Names every module of the project already has, so that no plan takes one. */
  readonly modules: ReadonlySet<string>;
  /** Files that exist, relative to the project's root, with `/`. */
  readonly files: ReadonlySet<string>;
  /** `name/arity` of what a module exports, or undefined when its source is not at hand. */
  readonly exportsOf: (module: string) => ReadonlySet<string> | undefined;
  /** Texts of tests and rescues that may quote a function's place in an error message. */
  readonly mentions: (text: string) => boolean;
};

export const nothingAround: Surroundings = { modules: new Set(), files: new Set(), exportsOf: () => undefined, mentions: () => false };
