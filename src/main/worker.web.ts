import { serveAudit } from "../audit/worker-server.ts";
import { whenOpened } from "../host/web/worker-scope.ts";

whenOpened(serveAudit);
