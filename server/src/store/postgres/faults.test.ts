import { expect, test } from "vitest";
import { isRetryable, postgresFaultKind, StandbyAnswered, UnconfirmedCommit } from "./faults.ts";

const coded = (code: string, message = "…") => Object.assign(new Error(message), { code });

test.each([
  ["a serialization failure", coded("40001"), true, "storage"],
  ["a deadlock", coded("40P01"), true, "storage"],
  ["a lock that somebody else keeps", coded("55P03"), true, "storage"],
  ["a transaction that was silent for too long", coded("25P03"), true, "storage"],
  ["a primary that became a standby", coded("25006"), true, "storage"],
  ["a standby", new StandbyAnswered(), true, "storage"],
  ["a server that is shutting down", coded("57P01"), true, "storage"],
  ["a refused connection", coded("ECONNREFUSED"), true, "storage"],
  ["a Unix socket whose server restarts", coded("ENOENT"), true, "storage"],
  ["a Unix socket whose queue is full", coded("EAGAIN"), true, "storage"],
  ["no file descriptor for a connection", coded("EMFILE"), true, "storage"],
  ["no port for a connection", coded("EADDRNOTAVAIL"), true, "storage"],
  [
    "a database that takes no connections",
    Object.assign(coded("55000"), { severity: "FATAL" }),
    true,
    "storage",
  ],
  ["a lost connection", new Error("Connection terminated unexpectedly"), true, "storage"],
  ["a lost reply", new Error("Query read timeout"), true, "storage"],
  [
    "a statement prepared before a migration",
    Object.assign(coded("0A000"), { routine: "RevalidateCachedQuery" }),
    true,
    "storage",
  ],
  ["what the server cannot do", coded("0A000"), false, "other"],
  ["a commit without its standby", new UnconfirmedCommit("…"), true, "storage"],
  ["a full disk", coded("53100"), false, "storage"],
  ["a failing disk", coded("58030"), false, "storage"],
  ["a broken constraint", coded("23505"), false, "constraint"],
  ["a mistake in a statement", coded("42601"), false, "other"],
  ["a bug", new TypeError("x is undefined"), false, "other"],
] as const)("knows what to do about %s", (_what, error, again, kind) => {
  expect(isRetryable(error)).toBe(again);
  expect(postgresFaultKind(error)).toBe(kind);
});
