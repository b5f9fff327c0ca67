import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { newKey } from "@latchkey/engine";
import { expect, test } from "vitest";
import { anAnswer, aPolicy, aRequest } from "../testing/known-key.ts";
import { createVerifier, problemsTold } from "./create-verifier.ts";
import { createRemoteVerifier } from "./remote-verifier.ts";
import type { VerifierProblem } from "./verifier.ts";

const OPTIONS = { url: "http://127.0.0.1:9", token: "lkop_1", api: "acme" };

test.each([
  // As a program in JavaScript hands over a variable of its environment that is not set.
  ["token", undefined, "token must be an operator token"],
  ["token", "two words", "token must be an operator token"],
  ["api", undefined, 'no API can be called "undefined"'],
  ["api", "Acme", 'no API can be called "Acme"'],
  ["url", undefined, "url must be the http(s) address"],
  ["url", "localhost:4000", "url must be the http(s) address"],
  ["url", "http://127.0.0.1:9/?a=b", "url must be the http(s) address"],
  ["url", "http://127.0.0.1:9/#a", "url must be the http(s) address"],
])("does not start with the %s %s", async (name, value, why) => {
  const options = { ...OPTIONS, [name]: value };
  expect(() => createRemoteVerifier(options)).toThrow(why);
  await expect(createVerifier(options)).rejects.toThrow(why);
});

// As a program takes it from its environment.
test.each([Number("a million"), "1000000", 0, -1, 1.5, 16_777_215, Number.POSITIVE_INFINITY])(
  "does not start with the capacity %j",
  async (capacity) => {
    const options = { ...OPTIONS, capacity: capacity as number };
    const why = "capacity must be a whole number from 1 to 16777214";
    await expect(createVerifier(options)).rejects.toThrow(why);
  },
);

test("the same problem of a kind is told once in ten seconds, and another at once", () => {
  let now = 5000;
  const told: string[] = [];
  const onProblem = ({ kind, message }: VerifierProblem) => told.push(`${kind} ${message}`);
  const of = problemsTold({ onProblem }, () => now);
  const [feed, lease] = [of("feed"), of("lease")];
  // A server that is away is asked for a lease five times a second.
  for (const tell of [lease, lease, feed, lease]) tell(new Error("away"));
  expect(told).toEqual(["lease away", "feed away"]);
  now += 1;
  // Of several nodes behind one address each may have its own.
  for (const why of ["busy", "away", "busy", "away"]) lease(new Error(why));
  expect(told.slice(2)).toEqual(["lease busy"]);
  now += 9998;
  for (const why of ["busy", "away"]) lease(new Error(why));
  expect(told).toHaveLength(3);
  now += 1;
  for (const why of ["busy", "away"]) lease(new Error(why));
  expect(told.slice(3)).toEqual(["lease away"]);
  now += 1;
  for (const why of ["busy", "away"]) lease(new Error(why));
  expect(told.slice(4)).toEqual(["lease busy"]);
});

test.each([
  ["throws", () => expect.fail("nobody hears of it")],
  ["rejects", () => Promise.reject(new Error("nobody hears of it"))],
])("whoever is told of a problem and %s brings nothing down", async (_how, onProblem) => {
  const rejections: unknown[] = [];
  const take = (why: unknown) => rejections.push(why);
  process.on("unhandledRejection", take);
  problemsTold({ onProblem }, () => 0)("feed")(new Error("away"));
  await new Promise(setImmediate);
  process.off("unhandledRejection", take);
  expect(rejections).toEqual([]);
});

test("forgets what it was told of changes that did not come before its stream ended", async () => {
  const policy = { version: 1, digest: "a", policy: aPolicy() };
  const hello = { kind: "hello", seq: 5, mark: "m", policy, issuerKeys: { keys: [] } };
  let head = 5;
  let stream: ServerResponse | undefined;
  const server = createServer(({ url = "" }, response) => {
    if (url.includes("/changes")) {
      stream = response;
      response.write(`${JSON.stringify({ ...hello, resumed: url.includes("after=5") })}\n`);
    } else if (url.endsWith("/leases")) {
      response.end(JSON.stringify({ head, tellAfterMillis: 0 }));
    } else if (url.endsWith("/resolve")) {
      response.end(JSON.stringify({ answers: [anAnswer(head, { id: `key_${head}` })] }));
    } else {
      response.writeHead(503).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const verifier = await createVerifier({ ...OPTIONS, url: `http://127.0.0.1:${port}` });
  const { key: later } = newKey(aPolicy().keyFormat, "live");
  const outcome = async (key?: string) => (await verifier.verify(aRequest(key))).outcome;
  expect(await outcome()).toBe("allow");
  stream?.destroy();

  // Known again once there is a stream; then the server's disk is lost with the change.
  head = 6;
  await expect.poll(() => outcome(later)).toBe("allow");
  expect(verifier.status.known).toBe(2);
  head = 5;
  stream?.destroy();
  await expect.poll(() => verifier.status.known).toBe(0);
  await verifier.close();
  server.closeAllConnections();
  server.close();
});
