import type { Cache } from "../host.ts";
import { sumOf } from "./bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const headOf = (name: string, build: string): string => `otp-audit ${name} ${build}`;

/** Plain data that was kept under a name by this build; `damaged` tells where bytes that cannot be read lie now. */
export async function readSealed(cache: Cache, name: string): Promise<{ readonly data?: unknown; readonly damaged?: string }> {
  const bytes = await cache.read(name);
  if (bytes === undefined) return {};
  const end = bytes.indexOf(10);
  const body = bytes.subarray(end + 1);
  const [head, sum] = decoder.decode(bytes.subarray(0, Math.max(0, end))).split("\t");
  if (head?.startsWith(`otp-audit ${name} `) !== true) return { damaged: await cache.setAside(name) };
  // Another build may have summed otherwise.
  if (head !== headOf(name, cache.build)) return {};
  return Number(sum) === sumOf(body) ? { data: JSON.parse(decoder.decode(body)) } : { damaged: await cache.setAside(name) };
}

/** Keeps plain data, with a sum that tells damage and the build that alone may read it. */
export async function writeSealed(cache: Cache, name: string, data: unknown): Promise<void> {
  const body = encoder.encode(JSON.stringify(data));
  const head = encoder.encode(`${headOf(name, cache.build)}\t${sumOf(body)}\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  await cache.write(name, bytes);
}
