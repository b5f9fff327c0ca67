import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLookUp, type LookUp } from "./name-lookup.ts";

const TYPES = { 1: "A", 28: "AAAA" } as const;
const NO_SUCH_NAME = 3;

let server: Socket;
let asked: string[] = [];
let lookUp: LookUp;

/** A name server (RFC 1035 §4) that knows addresses, and keeps silent about other names. */
beforeEach(async () => {
  asked = [];
  const known: Readonly<Record<string, readonly (readonly number[])[] | undefined>> = {
    "A both.example": [
      [93, 184, 216, 34],
      [93, 184, 216, 35],
    ],
    "AAAA both.example": [[0x26, 6, ...Array.from({ length: 13 }, () => 0), 1]],
    "A four.example": [[93, 184, 216, 34]],
    "AAAA four.example": [],
    "A none.example": [],
    "AAAA none.example": [],
    "A half.example": [[93, 184, 216, 34]],
  };
  server = createSocket("udp4", (question, { port, address }) => {
    const { name, type, end } = readQuestion(question);
    asked.push(`${type} ${name}`);
    const isMissing = name === "missing.example";
    const addresses = isMissing ? [] : known[`${type} ${name}`];
    if (addresses === undefined) return;
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(isMissing ? 0x8180 | NO_SUCH_NAME : 0x8180, 2);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8);
    const records = addresses.map((bytes) =>
      Buffer.from([
        ...[0xc0, 12, 0, type === "A" ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, bytes.length],
        ...bytes,
      ]),
    );
    server.send(Buffer.concat([head, question.subarray(12, end), ...records]), port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const servers = [`127.0.0.1:${server.address().port}`];
  lookUp = createLookUp({ system: new Set(["ours.internal"]), servers });
});
afterEach(() => server.close());

function readQuestion(question: Buffer) {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = TYPES[question.readUInt16BE(at + 1) as keyof typeof TYPES];
  return { name: labels.join("."), type, end: at + 5 };
}

test("a name has the addresses of both families, IPv4 first", async () => {
  expect(await lookUp("both.example")).toEqual([
    { address: "93.184.216.34", family: 4 },
    { address: "93.184.216.35", family: 4 },
    { address: "2606::1", family: 6 },
  ]);
  expect(await lookUp("four.example")).toEqual([{ address: "93.184.216.34", family: 4 }]);
});

test.each(["none.example", "missing.example"])("%s has none", async (name) => {
  await expect(lookUp(name)).rejects.toThrow("the name has no address");
});

test.each(["localhost", "a.localhost", "ours.internal"])("%s is the system's", async (name) => {
  await lookUp(name).catch(() => undefined);
  expect(asked).toEqual([]);
});

test("a name server that keeps silent holds up no other name, and no file", async () => {
  const silent = Array.from({ length: 20 }, (_, n) => lookUp(`${n}.silent.example`));
  const ended = Promise.allSettled(silent);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await readFile(new URL(import.meta.url));
  expect(await lookUp("four.example")).toHaveLength(1);
  expect(isOver).toBe(false);
  // One family that keeps silent costs its time, and hides nothing of the other.
  expect(await lookUp("half.example")).toHaveLength(1);
  expect((await ended).map(({ status }) => status)).toEqual(silent.map(() => "rejected"));
}, 15_000);
