import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Cache } from "../../audit/host.ts";
import { hashOf } from "../../text/hash.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_DAYS = 30;

/**
 * Where work is kept between runs: `OTP_AUDIT_CACHE`, else the user's cache folder. Not the scanned folder, which may be
 * read-only, is searched by other tools, and would need an entry in `.gitignore`. Undefined when it is switched off.
 */
export function cacheHome(environment: Readonly<Record<string, string | undefined>>, platform: string): string | undefined {
  const wanted = environment["OTP_AUDIT_CACHE"];
  if (wanted === "off") return undefined;
  if (wanted !== undefined && wanted !== "") return wanted;
  if (platform === "win32" && environment["LOCALAPPDATA"] !== undefined) return join(environment["LOCALAPPDATA"], "otp-audit", "Cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "otp-audit");
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "otp-audit");
}

/** A folder of `home` for one scanned root. `program` are the bundles that run: others of other size or time are another build. */
export function cacheFolder(home: string, root: string, program: readonly string[]): Cache {
  const folder = join(home, `${hashOf(root)}${hashOf(root, 1)}`);
  let isSwept = false;
  return {
    build: program.map((file) => statSync(file)).map(({ size, mtimeMs }) => `${size}-${mtimeMs}`).join(),
    read: async (name) => {
      try {
        return new Uint8Array(readFileSync(join(folder, name)));
      } catch {
        return undefined;
      }
    },
    write: async (name, bytes) => {
      if (!writeWhole(join(folder, name), bytes) || isSwept) return;
      isSwept = true;
      dropOld(home, folder);
    },
    setAside: async (name) => {
      const aside = join(folder, `${name}.damaged`);
      try {
        renameSync(join(folder, name), aside);
        return aside;
      } catch {
        return join(folder, name);
      }
    },
  };
}

/** Writes a file and its folder for the user alone, the whole of it or nothing. Answers whether that went well. */
export function writeWhole(file: string, bytes: Uint8Array): boolean {
  const draft = `${file}.${process.pid}.${process.hrtime.bigint()}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, bytes, { mode: 0o600 });
    renameSync(draft, file);
    return true;
  } catch {
    remove(draft); // a full or read-only disk costs time at the next run, nothing else
    return false;
  }
}
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It was never made.
  }
}

/** Roots that nobody has scanned for a month, and drafts of runs that were killed, go. */
function dropOld(home: string, current: string): void {
  const now = new Date();
  try {
    utimesSync(current, now, now);
    for (const entry of readdirSync(home)) {
      const folder = join(home, entry);
      if (now.getTime() - statSync(folder).mtimeMs > KEPT_DAYS * DAY_MS) rmSync(folder, { recursive: true, force: true });
    }
    for (const name of readdirSync(current)) if (name.endsWith(".tmp") && now.getTime() - statSync(join(current, name)).mtimeMs > DAY_MS) rmSync(join(current, name), { force: true });
  } catch {
    // Another run was faster, or may delete what this one may not: a later one tries again.
  }
}
