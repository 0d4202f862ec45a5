import type { Cache } from "../../audit/host.ts";
import { answered, FOLDERS, finished, type KeptFolder, openDatabase, RECORDS } from "./database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_DAYS = 30;

/** How much may lie there of all folders together, and how long the browser may think about its first answer: some leave it open for ever. */
export type Limits = { readonly bytes: number; readonly patienceMs: number };
/** As much as about 100 MB of Elixir source leave. */
const usual: Limits = { bytes: 128 * 1024 * 1024, patienceMs: 3000 };

/** Whose work is kept, and who is told, at most once, that nothing can be. */
export type CacheOwner = { readonly root: string; readonly build: string; readonly tell: (sentence: string) => void };

/**
 * Where scans of one root keep their work in a browser: whole records of a database that all tabs share. The folders that nobody
 * has scanned for longest go when there is too much of it. Where nothing can be stored, it is kept as long as the page is.
 */
export function cacheDatabase(factory: IDBFactory | undefined, { root, build, tell }: CacheOwner, limits = usual): Cache {
  let opening: Promise<IDBDatabase> | undefined;
  let isOff = false;
  const instead = new Map<string, Uint8Array>();
  let keeping: Promise<void> = Promise.resolve();
  const database = async (): Promise<IDBDatabase> => {
    if (factory === undefined) throw new Error("The browser has no database for this page.");
    opening ??= opened(factory, root, limits, () => {
      opening = undefined;
    });
    return opening;
  };
  const attempt = async <T>(work: (database: IDBDatabase) => Promise<T>): Promise<T | undefined> => {
    if (isOff) return undefined;
    try {
      return await work(await database());
    } catch (error) {
      if (!isOff) tell(`What scans find is kept no longer than this page; the next one scans everything anew. The reason: ${reason(error)}`);
      isOff = true;
      return undefined;
    }
  };
  return {
    build,
    read: async (name) => (await attempt((database) => record(database, [root, name]))) ?? instead.get(name),
    write: async (name, bytes) => {
      void attempt((database) => kept(database, { root, name, bytes, most: limits.bytes })).then(() => {
        if (isOff && bytes.length <= limits.bytes) instead.set(name, bytes);
      });
    },
    setAside: async (name) => {
      instead.delete(name);
      await attempt((database) => movedAside(database, root, name));
      return `the browser's database (${damaged(name)})`;
    },
    later: (work) => {
      setTimeout(() => {
        keeping = keeping.then(work).catch((error: unknown) => tell(`This scan was not kept for later ones. The reason: ${reason(error)}`));
      }, 0);
    },
  };
}

const damaged = (name: string): string => `${name}.damaged`;

/** The folder counts as used by then. */
async function opened(factory: IDBFactory, root: string, { patienceMs }: Limits, onClose: () => void): Promise<IDBDatabase> {
  const database = await openDatabase(factory, patienceMs, onClose);
  const folders = database.transaction(FOLDERS, "readwrite").objectStore(FOLDERS);
  const known: IDBRequest<KeptFolder | undefined> = folders.get(root);
  known.onsuccess = () => known.result !== undefined && folders.put({ ...known.result, usedAt: Date.now() } satisfies KeptFolder);
  return database;
}

/** A record that cannot be read, or is none of ours, comes as no bytes at all, which every reader of sums calls damaged. */
async function record(database: IDBDatabase, key: readonly [root: string, name: string]): Promise<Uint8Array | undefined> {
  const value: unknown = await answered(database.transaction(RECORDS).objectStore(RECORDS).get([...key])).catch(() => null);
  return value === undefined || value instanceof Uint8Array ? value : new Uint8Array();
}

type Writing = { readonly root: string; readonly name: string; readonly bytes: Uint8Array; readonly most: number };

/** When the browser's own limit comes first, the work on this folder counts more than that on all others. */
async function kept(database: IDBDatabase, writing: Writing): Promise<void> {
  try {
    await written(database, writing);
  } catch (error) {
    if (!isQuota(error)) throw error;
    await othersDropped(database, writing.root);
    await written(database, writing);
  }
}

/** One transaction: the record, the count, and what has to go for it. */
async function written(database: IDBDatabase, { root, name, bytes, most }: Writing): Promise<void> {
  const transaction = database.transaction([RECORDS, FOLDERS], "readwrite");
  let isTooLarge = false;
  const all: IDBRequest<KeptFolder[]> = transaction.objectStore(FOLDERS).getAll();
  all.onsuccess = () => {
    const now = Date.now();
    const own: KeptFolder = { root, usedAt: now, sizes: { ...all.result.find((folder) => folder.root === root)?.sizes, [name]: bytes.length } };
    transaction.objectStore(FOLDERS).put(own);
    transaction.objectStore(RECORDS).put(bytes, [root, name]);
    isTooLarge = sizeOf(own) > most;
    if (isTooLarge) drop(transaction, root);
    let left = isTooLarge ? most : most - sizeOf(own);
    for (const folder of all.result.filter((folder) => folder.root !== root).sort((a, b) => b.usedAt - a.usedAt)) {
      left -= sizeOf(folder);
      if (left < 0 || now - folder.usedAt > KEPT_DAYS * DAY_MS) drop(transaction, folder.root);
    }
  };
  await finished(transaction);
  if (isTooLarge) throw new Error(`What a scan of this folder leaves is more than the ${Math.round(most / 1024 / 1024)} MB that the extension keeps.`);
}

async function othersDropped(database: IDBDatabase, root: string): Promise<void> {
  const transaction = database.transaction([RECORDS, FOLDERS], "readwrite");
  const roots = transaction.objectStore(FOLDERS).getAllKeys();
  roots.onsuccess = () => {
    for (const other of roots.result) if (other !== root) drop(transaction, other);
  };
  await finished(transaction);
}

function drop(transaction: IDBTransaction, root: IDBValidKey): void {
  transaction.objectStore(RECORDS).delete(IDBKeyRange.bound([root], [root, []]));
  transaction.objectStore(FOLDERS).delete(root);
}

/** Bytes that cannot even be read cannot be moved, and go. */
async function movedAside(database: IDBDatabase, root: string, name: string): Promise<void> {
  const transaction = database.transaction([RECORDS, FOLDERS], "readwrite");
  const records = transaction.objectStore(RECORDS);
  const folders = transaction.objectStore(FOLDERS);
  const found: IDBRequest<unknown> = records.get([root, name]);
  found.onsuccess = () => found.result !== undefined && records.put(found.result, [root, damaged(name)]);
  found.onerror = (event) => event.preventDefault();
  records.delete([root, name]);
  const folder: IDBRequest<KeptFolder | undefined> = folders.get(root);
  folder.onsuccess = () => {
    if (folder.result === undefined) return;
    const { [name]: size = 0, ...sizes } = folder.result.sizes;
    folders.put({ ...folder.result, sizes: { ...sizes, [damaged(name)]: size } } satisfies KeptFolder);
  };
  await finished(transaction);
}

const sizeOf = ({ sizes }: KeptFolder): number => Object.values(sizes).reduce((sum, size) => sum + size, 0);
const isQuota = (error: unknown): boolean => error instanceof Error && error.name === "QuotaExceededError";
const reason = (error: unknown): string => (isQuota(error) ? "The browser's storage is full." : error instanceof Error ? error.message || error.name : String(error));
