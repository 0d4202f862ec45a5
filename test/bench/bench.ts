export { isMet } from "./measure.ts";
export { coldWork, warmScan } from "./scan.ts";
export { benchWalk } from "./walk.ts";
