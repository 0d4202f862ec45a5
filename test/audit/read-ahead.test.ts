import assert from "node:assert/strict";
import type { FileEntry, Host } from "../../src/audit/host.ts";
import { readingAhead } from "../../src/audit/read-ahead.ts";

const entries: readonly FileEntry[] = Array.from({ length: 50 }, (_, i) => ({ path: `lib/oven${i}.ex`, size: 10 }));

/** Files that come some time after they were asked for. */
function slowHost() {
  const asked: string[] = [];
  let underWay = 0;
  let most = 0;
  const read = async (path: string): Promise<Uint8Array> => {
    asked.push(path);
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay--;
    if (path.includes("oven7.")) throw new Error("no permission to read it");
    return new TextEncoder().encode(path);
  };
  const host: Host = { root: "bakery", list: async function* () {}, read, grammar: () => assert.fail(), now: () => 0 };
  return { host, asked, most: () => most };
}

describe("a host that reads ahead", () => {
  it("asks for what comes next while one file is waited for, for not too many at once, and for each once", async () => {
    const { host, asked, most } = slowHost();
    const ahead = readingAhead(host, entries);
    for (let round = 0; round < 2; round++)
      for (const { path } of entries) assert.equal(await ahead.read(path).then((bytes) => new TextDecoder().decode(bytes), () => "lib/oven7.ex"), path);
    assert.deepEqual(asked, entries.map(({ path }) => path));
    assert.equal(most(), 16);
  });
  it("tells of a failed read whoever asks for that file, and nobody else", async () => {
    const ahead = readingAhead(slowHost().host, entries);
    await ahead.read("lib/oven0.ex");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await assert.rejects(ahead.read("lib/oven7.ex"), /no permission/);
    assert.equal((await ahead.read("lib/oven8.ex")).length, "lib/oven8.ex".length);
  });
  it("asks for no large file that nobody wants, and passes on what it does not know", async () => {
    const { host, asked } = slowHost();
    const ahead = readingAhead(host, [{ path: "lib/data.ex", size: 1 << 30 }, ...entries]);
    await ahead.read("lib/oven49.ex");
    await ahead.read(".gitignore");
    assert.deepEqual(asked, ["lib/oven49.ex", ".gitignore"]);
  });
});
