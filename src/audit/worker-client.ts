import type { ScanResult } from "../engine/finding.ts";
import type { Audit } from "./audit.ts";
import { ScanStopped } from "./scan-request.ts";
import type { Progress, Stop } from "./host.ts";
import { type Request, type Response, type WorkerThread, workerDied } from "./protocol.ts";
import type { ScanOptions } from "./scan.ts";

type Question = { readonly build: (id: number) => Request; readonly stop: Stop; readonly onProgress: ((progress: Progress) => void) | undefined };
/** The kinds of answers that end a question well. */
type Answer = Exclude<Response, { readonly type: "progress" | "file" | "stopped" | "failed" }>;
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void; readonly onProgress: Question["onProgress"]; file: string | undefined };

const STOP_CHECK_MS = 20;
const MOST_FATAL_FILES = 5;

/**
 * An audit whose work happens in a thread made by `start`. A thread that dies is replaced and asked again, this time file by
 * file; a file that ends it once more is left out and reported. The result tells of it as a problem.
 */
export function workerAudit(start: () => WorkerThread, options: () => ScanOptions): Audit {
  const thread = new Thread(start);
  const fatal: string[] = [];
  const current = (): ScanOptions => (fatal.length === 0 ? options() : { ...options(), fatal: [...fatal] });

  const persistently = async (question: Question): Promise<ScanResult> => {
    let death: WorkerDied | undefined;
    for (;;) {
      try {
        const careful = (id: number): Request => ({ id, type: "scan", options: current(), careful: true });
        const result = expected(await thread.ask(death === undefined ? question : { ...question, build: careful }), "result").result;
        return death === undefined ? result : { ...result, problems: [workerDied(death.message), ...result.problems] };
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        if (death !== undefined && (error.file === undefined || fatal.length >= MOST_FATAL_FILES)) throw new Error(`The analysis thread ended again (${error.message}), and the scan was given up. Excluding large or generated files may help.`, { cause: error });
        if (error.file !== undefined) fatal.push(error.file);
        death = error;
      }
    }
  };
  const asked = (build: Question["build"]): Promise<Answer> => thread.ask({ build, stop: { aborted: false }, onProgress: undefined });
  return {
    scan: ({ stop, onProgress }) => persistently({ build: (id) => ({ id, type: "scan", options: current() }), stop, onProgress }),
    update: (path, text) => persistently({ build: (id) => ({ id, type: "update", options: current(), path, text }), stop: { aborted: false }, onProgress: undefined }),
    survey: async () => expected(await asked((id) => ({ id, type: "survey" })), "survey").survey,
    plan: async (question) => expected(await asked((id) => ({ id, type: "plan", question })), "plan").planned,
    reshape: async (question, groups) => expected(await asked((id) => ({ id, type: "reshape", question, groups })), "reshape").reshaped,
    extract: async (question, groups) => expected(await asked((id) => ({ id, type: "extract", question, groups })), "extract").extraction,
    grade: async (question, grade) => expected(await asked((id) => ({ id, type: "grade", question, grade })), "reshape").reshaped,
    suggest: async (question, functions) => expected(await asked((id) => ({ id, type: "suggest", question, functions })), "suggest").names,
    rehearse: async (question, steps, before) => expected(await asked((id) => ({ id, type: "rehearse", question, steps, before })), "rehearse").extractions,
    files: async (file) => expected(await asked((id) => ({ id, type: "files", file })), "extract").extraction,
    inspect: async (written) => expected(await asked((id) => ({ id, type: "inspect", written })), "inspect").inspection,
    explain: async (path, line) => expected(await asked((id) => ({ id, type: "explain", path, line })), "explain").explanation,
    dispose: () => thread.dispose(),
  };
}

/** The answer of the kind that was asked for; any other is a bug of ours. */
function expected<K extends Answer["type"]>(answer: Answer, type: K): Extract<Answer, { readonly type: K }> {
  if (!isOf(answer, type)) throw new Error("The analysis thread answered another question.");
  return answer;
}
const isOf = <K extends Answer["type"]>(answer: Answer, type: K): answer is Extract<Answer, { readonly type: K }> => answer.type === type;

class WorkerDied extends Error {
  /** The file in hand, if the thread was asked to name it. */
  readonly file: string | undefined;
  constructor(reason: string, file: string | undefined) {
    super(reason);
    this.file = file;
  }
}

/** One thread at a time and the questions it has not answered. Started at the first question. */
class Thread {
  readonly #start: () => WorkerThread;
  readonly #waiting = new Map<number, Waiting>();
  #running: WorkerThread | undefined;
  #lastId = 0;

  constructor(start: () => WorkerThread) {
    this.#start = start;
  }

  ask({ build, stop, onProgress }: Question): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      if (stop.aborted) return reject(new ScanStopped());
      this.#waiting.set(id, { resolve, reject, onProgress, file: undefined });
      this.#thread().post(build(id));
      this.#watch(id, stop);
    });
  }

  dispose(): void {
    const ending = this.#running;
    this.#running = undefined;
    for (const { reject } of this.#waiting.values()) reject(new ScanStopped());
    this.#waiting.clear();
    ending?.terminate();
  }

  /** A stopped question is answered at once; the thread hears of it and drops its work when it next looks. */
  #watch(id: number, stop: Stop): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (!stop.aborted) return void setTimeout(() => this.#watch(id, stop), STOP_CHECK_MS);
    this.#waiting.delete(id);
    this.#running?.post({ id, type: "stop" });
    waiting.reject(new ScanStopped());
  }

  #thread(): WorkerThread {
    if (this.#running !== undefined) return this.#running;
    const started = this.#start();
    started.onMessage((response) => this.#receive(response));
    started.onExit((reason) => {
      if (this.#running !== started) return;
      this.#running = undefined;
      for (const [id, { reject, file }] of this.#waiting) {
        this.#waiting.delete(id);
        reject(new WorkerDied(reason, file));
      }
    });
    this.#running = started;
    return started;
  }

  #receive(response: Response): void {
    const waiting = this.#waiting.get(response.id);
    if (waiting === undefined) return; // stopped meanwhile
    switch (response.type) {
      case "progress":
        waiting.onProgress?.(response.progress);
        return;
      case "file":
        waiting.file = response.path;
        return;
      case "result":
      case "survey":
      case "plan":
      case "reshape":
      case "extract":
      case "suggest":
      case "rehearse":
      case "inspect":
      case "explain":
        waiting.resolve(response);
        break;
      case "stopped":
        waiting.reject(new ScanStopped());
        break;
      case "failed":
        waiting.reject(new Error(response.message));
    }
    this.#waiting.delete(response.id);
  }
}
