import type { Expr } from "../../syntax/tree.ts";

/** Whether a clause only makes its own end of what it is given: it raises, throws, exits or fails the test. */
export const isPassedOn = (clause: Expr): boolean => clause.result?.isCall("raise", "reraise", "exit", "throw", "flunk", "ExUnit.Assertions.flunk") === true;
