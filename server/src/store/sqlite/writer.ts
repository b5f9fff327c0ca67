import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { asApiError, toFault } from "../faults.ts";
import { connect } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { sqliteFaultKind } from "./faults.ts";
import { groupCommit, type Outcome, type Writer } from "./group-commit.ts";
import type { Question, Reply, WriterData } from "./messages.ts";
import { requireSameFiles } from "./same-files.ts";

// The thread that owns the writing connection: whatever waits when a commit has ended goes into
// the next one. It opens the file with the first question, so that its start costs nobody a wait.

/** Bounds how long the first command of a batch waits for the last. */
const BATCH = 256;

const port = parentPort;
if (port === null) throw new Error("writer.ts runs as a worker thread");
const { path, files } = workerData as WriterData;

const waiting: Question[] = [];
let writer: Writer | undefined;
let working = false;
/** The last commit failed, so that only another one can tell whether the next will. */
let isDoubtful = false;

port.on("message", (question: Question) => {
  waiting.push(question);
  if (!working) void work();
});

async function work(): Promise<void> {
  working = true;
  while (drain() > 0) await step();
  working = false;
}

function drain(): number {
  while (waiting.length < BATCH && port !== null) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) break;
    waiting.push(received.message as Question);
  }
  return waiting.length;
}

async function step(): Promise<void> {
  const [first] = waiting;
  switch (first?.kind) {
    case "run":
      return answer(await runBatch(takeRuns()));
    case "ping":
      waiting.shift();
      return answer([ping(first.id)]);
    case "close":
      writer?.connection.exec("pragma optimize");
      writer?.connection.close();
      port?.close();
      waiting.length = 0;
  }
}

type Run = Extract<Question, { kind: "run" }>;

function takeRuns(): readonly Run[] {
  const other = waiting.findIndex((question) => question.kind !== "run");
  const end = Math.min(other === -1 ? waiting.length : other, BATCH);
  return waiting.splice(0, end).filter((question) => question.kind === "run");
}

async function runBatch(runs: readonly Run[]): Promise<readonly Reply[]> {
  const requests = runs.map((run) => run.request);
  const outcomes = await groupCommitOrFail(requests);
  return runs.flatMap(({ id }, index): readonly Reply[] => {
    const outcome = outcomes[index];
    if (outcome === undefined) return [];
    return outcome.kind === "done"
      ? [{ id, ok: true, result: outcome.result }]
      : [{ id, ok: false, fault: toFault(outcome.error) }];
  });
}

async function groupCommitOrFail(requests: readonly Run["request"][]): Promise<readonly Outcome[]> {
  try {
    const outcomes = await groupCommit(open(), requests);
    isDoubtful = outcomes.every(isUnavailable);
    return outcomes;
  } catch (error) {
    isDoubtful = true;
    const failed = { kind: "failed", error: asApiError(error, sqliteFaultKind) } as const;
    return requests.map(() => failed);
  }
}

function isUnavailable(outcome: Outcome): boolean {
  return outcome.kind === "failed" && outcome.error.code === "STORE_UNAVAILABLE";
}

function ping(id: number): Reply {
  try {
    const { connection } = open();
    // On a full disk each write can begin. Its number is nobody's: to set it writes one page.
    connection.exec(isDoubtful ? "pragma user_version = 0" : "begin immediate; rollback");
    isDoubtful = false;
    return { id, ok: true, result: undefined };
  } catch (error) {
    return { id, ok: false, fault: toFault(asApiError(error, sqliteFaultKind)) };
  }
}

/** @throws {ApiError} What would be written there nobody would find. */
function open(): Writer {
  requireSameFiles(files);
  if (writer === undefined) {
    const connection = connect(path, "write");
    writer = { connection, db: kyselyOn(connection) };
  }
  return writer;
}

function answer(replies: readonly Reply[]): void {
  port?.postMessage(replies);
}
