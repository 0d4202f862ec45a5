export { edits } from "./edit.ts";
export { threadLimits } from "../../src/host/node/worker-thread.ts";
export { isMet } from "./measure.ts";
export { coldWork, warmScan } from "./scan.ts";
export { growth, memory } from "./size.ts";
export { benchWalk } from "./walk.ts";
