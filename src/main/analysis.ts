export { analysis } from "../cli/analysis.ts";
