import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { followChanges } from "./change-feed.ts";
import { type LineListener, LinkError } from "./server-link.ts";

interface Stream {
  readonly path: string;
  readonly listener: LineListener;
}

let stop: () => void = () => undefined;
afterEach(() => {
  stop();
  vi.useRealTimers();
});

/** Follows a server whose streams are played by the test. */
function start() {
  const streams: Stream[] = [];
  const heard: string[] = [];
  let opened = Promise.withResolvers<void>();
  let seq: number | undefined;
  const feed = followChanges(
    {
      follow(path, _idleMillis, listener) {
        streams.push({ path, listener });
        opened.resolve();
        opened = Promise.withResolvers();
        return (why = "it was closed here") => listener.end(new LinkError(why));
      },
    },
    {
      get seq() {
        return seq;
      },
      hello(hello) {
        heard.push(`hello ${hello.seq} ${hello.resumed}`);
        seq = hello.seq;
      },
      change(change) {
        heard.push(`${change.kind} ${change.seq}`);
        seq = change.seq;
      },
      broken: ({ message }) => heard.push(message),
    },
  );
  stop = feed.stop;
  const say = (message: object) => streams.at(-1)?.listener.line(JSON.stringify(message));
  return { streams, heard, say, next: () => opened.promise, again: feed.again, mark: feed.mark };
}

test("begins anywhere, and goes on after the last change when the stream was lost", async () => {
  const { streams, heard, say, next, mark: lastMark } = start();
  expect(streams[0]?.path).toBe("/changes");
  say({ kind: "hello", seq: 4, mark: "m4", resumed: false });
  expect(lastMark()).toBe("m4");
  say({ kind: "heartbeat", seq: 4 });
  say({ kind: "credential", seq: 5, state: {} });
  const again = next();
  streams[0]?.listener.end(new LinkError("the stream ended"));
  await again;
  const mark = createHash("sha256").update('{"kind":"credential","seq":5,"state":{}}').digest();
  expect(lastMark()).toBe(mark.toString("base64url", 0, 16));
  expect(streams[1]?.path).toBe(`/changes?after=5&mark=${mark.toString("base64url", 0, 16)}`);
  say({ kind: "hello", seq: 5, mark: "m5", resumed: true });
  expect(heard).toEqual(["hello 4 false", "credential 5", "the stream ended", "hello 5 true"]);
});

test("where a stream began is where the next goes on", async () => {
  const { streams, say, next } = start();
  say({ kind: "hello", seq: 4, mark: "m4", resumed: false });
  const again = next();
  streams[0]?.listener.end(new LinkError("the stream ended"));
  await again;
  expect(streams[1]?.path).toBe("/changes?after=4&mark=m4");
});

test.each([4, 6])("takes no change %i after the fourth", (seq) => {
  const { heard, say } = start();
  say({ kind: "hello", seq: 4, mark: "m4", resumed: false });
  expect(() => say({ kind: "credential", seq, state: {} })).toThrow("a change is missing");
  expect(heard).toEqual(["hello 4 false"]);
});

test("leaves a stream for another when it is told to, and not while it is connecting anew", async () => {
  const { streams, heard, say, next, again } = start();
  say({ kind: "hello", seq: 4, mark: "m4", resumed: false });
  const opened = next();
  again();
  again();
  await opened;
  expect(streams.map(({ path }) => path)).toEqual(["/changes", "/changes?after=4&mark=m4"]);
  expect(heard).toEqual(["hello 4 false", "the stream is behind"]);
});

test("tries until there is a server", async () => {
  const { streams, next } = start();
  for (let n = 1; n <= 3; n += 1) {
    const again = next();
    streams.at(-1)?.listener.end(new LinkError("no answer"));
    await again;
    expect(streams).toHaveLength(n + 1);
  }
});

test("waits longer each time for a server whose changes cannot be taken, until one can", () => {
  vi.useFakeTimers();
  const { streams, say } = start();
  const opened = (millis: number) => {
    streams.at(-1)?.listener.end(new LinkError("a change is missing"));
    const before = streams.length;
    vi.advanceTimersByTime(millis);
    return streams.length > before;
  };
  const hello = { kind: "hello", seq: 4, mark: "m4", resumed: true };
  for (let n = 0; n < 8; n += 1) {
    say(hello);
    expect(opened(2000)).toBe(true);
  }
  say(hello);
  expect(opened(500)).toBe(false);
  vi.advanceTimersByTime(1500);
  say(hello);
  say({ kind: "heartbeat", seq: 4 });
  expect(opened(20)).toBe(true);
});

test("once stopped it neither goes on nor says that the stream ended", () => {
  const { streams, heard } = start();
  stop();
  expect([streams.length, heard]).toEqual([1, []]);
});
