import assert from "node:assert/strict";
import { type MessagePort, MessageChannel } from "node:worker_threads";
import { ScanStopped } from "../../src/audit/scan-request.ts";
import { openAudit } from "../../src/audit/open-audit.ts";
import type { Request, Response, WorkerThread } from "../../src/audit/protocol.ts";
import { workerAudit } from "../../src/audit/worker-client.ts";
import { serveAudit } from "../../src/audit/worker-server.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const options = () => ({ version: "test" });

/** A thread over a real message channel, served in this one; it dies when it is about to parse a file named fatal. */
function threadOn(root: string, deaths: string[]): WorkerThread {
  const { port1, port2 } = new MessageChannel();
  let die: (reason: string) => void = () => {};
  const close = (port: MessagePort): void => port.close();
  let isDead = false;
  serveAudit(nodeHost(root), {
    post: (message: Response) => {
      if (isDead) return;
      port2.postMessage(message);
      const isFatal = (message.type === "file" && message.path.includes("fatal")) || (message.type === "progress" && deaths.length === 0);
      if (!isFatal) return;
      deaths.push(message.type);
      isDead = true;
      setTimeout(() => die("out of memory"), 5);
    },
    onMessage: (listener) => void port2.on("message", (message: Request) => listener(message)),
  });
  return {
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => void port1.on("message", listener),
    onExit: (listener) => {
      die = (reason) => {
        close(port1);
        listener(reason);
      };
    },
    terminate: () => close(port1),
  };
}

/** A healthy thread: nothing dies. */
const healthy = (root: string): WorkerThread => threadOn(root, ["none"]);

describe("an audit in a thread", () => {
  it("answers as the one in this thread does", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": "defmodule (((" });
    const door = workerAudit(() => healthy(root), options);
    const there = await door.scan({ stop: { aborted: false } });
    const here = await openAudit(nodeHost(root), options).scan({ stop: { aborted: false } });
    assert.deepEqual({ ...there, durationMs: 0 }, { ...here, durationMs: 0 });
    assert.equal((await door.update("lib/oven.ex", undefined)).findings.length, 0);
    door.dispose();
  });
  it("is stopped at once, whatever the thread does", async () => {
    const root = folderWith(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`lib/oven${i}.ex`, selfCalling(`Oven${i}`)])));
    const door = workerAudit(() => healthy(root), options);
    const stop = { aborted: false };
    const scanning = door.scan({ stop });
    stop.aborted = true;
    let turns = 0;
    const counting = setInterval(() => turns++, 10);
    await assert.rejects(scanning, ScanStopped);
    clearInterval(counting);
    assert.ok(turns <= 10, "the stop is answered within a few turns, long before 200 files are scanned");
    assert.equal((await door.scan({ stop: { aborted: false } })).findings.length, 200);
    door.dispose();
  });
  it("gets a new thread when one dies, leaves out the file that kills it again, and reports both", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/fatal.ex": selfCalling("Fatal") });
    const deaths: string[] = [];
    const door = workerAudit(() => threadOn(root, deaths), options);
    const { findings, problems } = await door.scan({ stop: { aborted: false } });
    assert.deepEqual(findings.map(({ file }) => file), ["lib/oven.ex"]);
    assert.deepEqual(problems.map(({ kind, file }) => [kind, file]), [["worker", undefined], ["worker", "lib/fatal.ex"]]);
    assert.deepEqual(deaths, ["progress", "file"]);
    door.dispose();
  });
});
