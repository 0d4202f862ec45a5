import type { Problem, Remedy } from "../../wizard/session.ts";

/** Something a person can put right: a sentence, and the action that does it. */
export class Refusal extends Error {
  readonly remedy: Remedy | undefined;
  constructor(message: string, remedy?: Remedy) {
    super(message);
    this.name = "Refusal";
    this.remedy = remedy;
  }
}

/** Any failure as the page shows it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal && error.remedy !== undefined) return { message: error.message, remedy: error.remedy };
  return { message: error instanceof Error ? error.message : String(error) };
}
