/** What scans keep in the browser. Another layout is another version: tabs with an older program then do without. */
const NAME = "otp-audit";
const VERSION = 1;

/** Bytes by root of the folder and name. */
export const RECORDS = "records";
/** One `KeptFolder` by root, so that what is kept can be counted without reading it. */
export const FOLDERS = "folders";

export type KeptFolder = { readonly root: string; readonly usedAt: number; readonly sizes: Readonly<Record<string, number>> };

/** Opens the database, and makes it when there is none. Rejects where the browser stores nothing for this page or does not answer. */
export function openDatabase(factory: IDBFactory, patienceMs: number, onClose: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(NAME, VERSION);
    const waiting = setTimeout(() => reject(new Error("The browser's storage does not answer.")), patienceMs);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RECORDS);
      request.result.createObjectStore(FOLDERS, { keyPath: "root" });
    };
    request.onerror = () => {
      clearTimeout(waiting);
      reject(request.error);
    };
    request.onsuccess = () => {
      clearTimeout(waiting);
      const database = request.result;
      database.onclose = onClose;
      // Somebody deletes it, or a newer program changes it: neither shall wait for this page.
      database.onversionchange = () => {
        database.close();
        onClose();
      };
      resolve(database);
    };
  });
}

/** What a question to a store is answered. */
export function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => {
      event.preventDefault(); // whoever asked decides what becomes of the transaction
      reject(request.error);
    };
  });
}

/** The end of a transaction: all of it has happened, or, when this rejects, nothing. */
export function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
  });
}
