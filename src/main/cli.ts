import { join } from "node:path";
import { cacheHome } from "../host/node/cache-folder.ts";
import { runCompiled } from "../host/node/compiled.ts";
import { startOneRun } from "../host/node/one-run.ts";

startOneRun();
runCompiled(join(__dirname, "program.js"), cacheHome(process.env, process.platform));
