import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { stopOnSignal } from "./stop-signal.ts";

function aProcess() {
  const emitter = new EventEmitter();
  const calls: string[] = [];
  let now = 1000;
  const source = {
    on: (signal: NodeJS.Signals, listener: () => void) => emitter.on(signal, listener),
    exit: (code: number) => calls.push(`exit ${code}`),
  };
  stopOnSignal(
    source,
    () => calls.push("stop"),
    () => now,
  );
  const signal = (name: NodeJS.Signals, afterMilliseconds = 0) => {
    now += afterMilliseconds;
    emitter.emit(name);
  };
  return { calls, signal };
}

test.each(["SIGTERM", "SIGINT"] as const)("asks for a stop at the first %s", (name) => {
  const { calls, signal } = aProcess();
  signal(name);
  expect(calls).toEqual(["stop"]);
});

test("takes the two signals of one Ctrl-C below npm for one", () => {
  const { calls, signal } = aProcess();
  signal("SIGINT");
  signal("SIGINT", 300);
  expect(calls).toEqual(["stop"]);
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("ends at once at a second %s, with its exit code", (name, code) => {
  const { calls, signal } = aProcess();
  signal("SIGINT");
  signal(name, 301);
  expect(calls).toEqual(["stop", `exit ${code}`]);
});
