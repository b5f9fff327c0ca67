import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { fromFault, storeUnavailable } from "../faults.ts";
import type { CommandRequest, CommandResult } from "../run-command.ts";
import type { StoreLog } from "../store-log.ts";
import type { Question, Reply, WriterData } from "./messages.ts";

/** The writing thread as this thread sees it. */
export interface WriterThread {
  /** Resolves once the command's commit is on the disk; rejects with an `ApiError`. */
  run(request: CommandRequest): Promise<CommandResult>;
  /** Resolves when a write could begin or, after one could not be committed, was. */
  ping(): Promise<void>;
  /** Ends the thread after everything asked before. */
  close(): Promise<void>;
}

interface Waiter {
  readonly resolve: (result: CommandResult | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Writes that may wait at once; beyond it they are refused rather than gathered without end. */
const MAX_WAITING = 10_000;

/** Starts the thread. If it ever dies, its writes are refused and the next one starts another. */
export function startWriterThread(data: WriterData, log: StoreLog): WriterThread {
  const waiters = new Map<number, Waiter>();
  let worker: Worker | undefined = start();
  let lastId = 0;
  let closing: Promise<void> | undefined;

  function start(): Worker {
    const started = spawn(data);
    // A process with nothing else to do may end; writes under way keep it.
    started.unref();
    started.on("message", (replies: readonly Reply[]) => {
      for (const reply of replies) settle(reply);
      if (waiters.size === 0) started.unref();
    });
    started.on("error", (error) => log.error({ err: error }, "the writing thread failed"));
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiters.values()) reject(storeUnavailable("The writer stopped."));
      waiters.clear();
    });
    return started;
  }

  function settle(reply: Reply): void {
    const waiter = waiters.get(reply.id);
    waiters.delete(reply.id);
    if (reply.ok) waiter?.resolve(reply.result);
    else waiter?.reject(fromFault(reply.fault));
  }

  function ask(question: (id: number) => Question): Promise<CommandResult | undefined> {
    if (closing !== undefined) return Promise.reject(storeUnavailable("The store is closed."));
    if (waiters.size >= MAX_WAITING) {
      return Promise.reject(storeUnavailable("Too many writes are waiting."));
    }
    worker ??= start();
    const asked = worker;
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      asked.postMessage(question(id));
      waiters.set(id, { resolve, reject });
      asked.ref();
    });
  }

  return {
    async run(request) {
      const result = await ask((id) => ({ kind: "run", id, request }));
      if (result === undefined) throw new Error("the writing thread answered another question");
      return result;
    },
    async ping() {
      await ask((id) => ({ kind: "ping", id }));
    },
    close() {
      closing ??= end(worker);
      return closing;
    },
  };
}

function end(worker: Worker | undefined): Promise<void> {
  if (worker === undefined) return Promise.resolve();
  worker.ref();
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.postMessage({ kind: "close" } satisfies Question);
  return ended;
}

/** In the repository the sources run directly; in the published package they are JavaScript. */
function spawn(workerData: WriterData): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./writer.${extension}`, import.meta.url));
  const conditions = extension === "ts" ? ["--conditions=latchkey-src"] : [];
  return new Worker(file, { workerData, execArgv: conditions, name: "latchkey-writer" });
}
