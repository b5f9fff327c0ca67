import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { type LinkError, openServerLink } from "./server-link.ts";

const TOKEN = "lkop_secret";
const HALF_A_CHARACTER = Buffer.from([0xe2, 0x82]);
const OK = "HTTP/1.1 200 OK\r\n";
const UPGRADE = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

/** A link to a server that does this with each connection. */
async function linkTo(serve: (socket: Socket) => void, scheme = "http") {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const link = openServerLink({ base: new URL(`${scheme}://127.0.0.1:${port}`), token: TOKEN });
  onTestFinished(() => {
    link.close();
    server.close();
  });
  return { link, sockets };
}

/** What a server is understood to say that sends this, whatever it is asked, and may hang up. */
async function answerOf(text: string | Buffer, { hangsUp = false, timeoutMillis = 200 } = {}) {
  const { link } = await linkTo((socket) => {
    socket.once("data", () => (hangsUp ? socket.end(text) : socket.write(text)));
  });
  return link.post("/leases", {}, { timeoutMillis });
}

/** What comes of a stream of a server that sends this, whatever it is asked. */
async function streamOf(text: string) {
  const { link } = await linkTo((socket) => socket.once("data", () => socket.end(text)));
  const lines: string[] = [];
  const ended = Promise.withResolvers<LinkError>();
  link.follow("/changes", 200, { line: (each) => lines.push(each), end: ended.resolve });
  return { lines, why: (await ended.promise).message };
}

test.each([
  ["another protocol", UPGRADE, "the connection ended"],
  [
    "a redirect",
    "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "the server answered 302",
  ],
  ["no JSON", `${OK}Content-Length: 1\r\n\r\n<`, "no answer that can be read"],
  ["half an answer", `${OK}Content-Length: 2\r\n\r\n{`, "no answer within 200 ms"],
  ["nothing", "", "no answer within 200 ms"],
])("who is answered with %s is told so", async (_what, text, why) => {
  await expect(answerOf(text)).rejects.toThrow(why);
});

test("an answer may end with its connection", async () => {
  expect(await answerOf(`${OK}Connection: close\r\n\r\n{"head":1}`, { hangsUp: true })).toEqual({
    head: 1,
  });
});

test("what a proxy says first is no answer", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  expect(await answerOf(`${early}${OK}Content-Length: 2\r\n\r\n{}`)).toEqual({});
  const stream = await streamOf(`${early}${OK}\r\na\nb\n`);
  expect(stream).toEqual({ lines: ["a", "b"], why: "the stream ended" });
});

test("an answer that ends in the middle of a character cannot be read", async () => {
  const text = Buffer.concat([Buffer.from(`${OK}Content-Length: 4\r\n\r\n{}`), HALF_A_CHARACTER]);
  await expect(answerOf(text)).rejects.toThrow("no answer that can be read");
});

test("nobody is told what a server repeats that is not one", async () => {
  const { link } = await linkTo((socket) => socket.pipe(socket));
  const error = await link
    .post("/leases", {}, { timeoutMillis: 200 })
    .catch((why: LinkError) => why);
  expect(error).toMatchObject({
    message: "the server cannot be asked: no answer that can be read",
  });
  expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain(TOKEN);
});

test("who has waited too long is gone, with the connection that was being made", async () => {
  // It takes the connection and does not go on to TLS.
  const { link, sockets } = await linkTo((socket) => socket.resume(), "https");
  const ask = () => link.post("/leases", {}, { timeoutMillis: 300 });
  const asked = await Promise.allSettled(Array.from({ length: 200 }, ask));
  const told = asked.map((each) => each.status === "rejected" && each.reason.message);
  expect(new Set(told)).toEqual(new Set(["no answer within 300 ms"]));
  await expect.poll(() => sockets.size, { timeout: 500 }).toBe(0);
});

test("a question that nobody waits for any more is not sent", async () => {
  const asked: Socket[] = [];
  const { link } = await linkTo((socket) => socket.on("data", () => asked.push(socket)));
  const answer = (socket: Socket) => socket.write(`${OK}Content-Length: 2\r\n\r\n{}`);
  const ask = (timeoutMillis: number) => link.post("/leases", {}, { timeoutMillis });
  const first = Array.from({ length: 64 }, () => ask(5000));
  await expect.poll(() => asked.length).toBe(64);
  await Promise.allSettled(Array.from({ length: 10 }, () => ask(20)));
  const last = ask(5000);
  asked.splice(0).forEach(answer);
  await Promise.all(first);
  await expect.poll(() => asked.length).toBe(1);
  asked.forEach(answer);
  expect(await last).toEqual({});
});

test("a connection that is being made ends when the link is closed", async () => {
  const { link, sockets } = await linkTo((socket) => socket.resume(), "https");
  const asked = Promise.allSettled(
    // Whoever is not told at once is not within this test.
    Array.from({ length: 70 }, () => link.post("/leases", {}, { timeoutMillis: 90_000 })),
  );
  const end = vi.fn();
  const leave = link.follow("/changes", 5000, { line: () => undefined, end });
  await expect.poll(() => sockets.size).toBe(65);
  leave();
  link.close();
  await expect.poll(() => sockets.size, { timeout: 500 }).toBe(0);
  const told = (await asked).map((each) => each.status === "rejected" && each.reason.message);
  expect(new Set(told)).toEqual(new Set(["it was closed before the server answered"]));
  expect(end).toHaveBeenCalledOnce();
});

test("more questions than connections are all answered, by 64 of them", async () => {
  let connected = 0;
  const { link } = await linkTo((socket) => {
    connected += 1;
    socket.on("data", () => socket.write(`${OK}Content-Length: 2\r\n\r\n{}`));
  });
  const ask = () => link.post("/leases", {}, { timeoutMillis: 5000 });
  expect(await Promise.all(Array.from({ length: 300 }, ask))).toHaveLength(300);
  expect(connected).toBe(64);
});

test("in place of connections that are lost others are made, also for who waits for one", async () => {
  let connected = 0;
  const { link } = await linkTo((socket) => {
    connected += 1;
    const isLost = connected <= 128;
    socket.on("data", () =>
      isLost ? socket.destroy() : socket.write(`${OK}Content-Length: 2\r\n\r\n{}`),
    );
  });
  const ask = () => link.post("/leases", {}, { timeoutMillis: 5000 });
  const outcomesOf = async (questions: number) => {
    const asked = await Promise.allSettled(Array.from({ length: questions }, ask));
    return asked.map(({ status }) => status);
  };
  const lost = Array.from({ length: 64 }, () => "rejected");
  const answered = Array.from({ length: 6 }, () => "fulfilled");
  expect(await outcomesOf(64)).toEqual(lost);
  expect(await outcomesOf(70)).toEqual([...lost, ...answered]);
});

test("of an answer no more than 8 MiB are read", async () => {
  const ofLength = (length: number) =>
    answerOf(`${OK}Content-Length: ${length}\r\n\r\n"${"x".repeat(length - 2)}"`, {
      timeoutMillis: 20_000,
    });
  const most = 8 * 1024 * 1024;
  expect(await ofLength(most)).toHaveLength(most - 2);
  await expect(ofLength(most + 1)).rejects.toThrow("the answer is too long");
});

test("the application's own fetch is left alone", () => {
  // As its proxy is, or what its tests ask instead of the network.
  const program = `
    await import(${JSON.stringify(new URL("server-link.ts", import.meta.url).href)});
    const names = Object.getOwnPropertySymbols(globalThis).map(String);
    console.log(names.filter((name) => name.includes("undici")));`;
  const flags = ["--conditions=latchkey-src", "--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, flags, { encoding: "utf8" }).trim()).toBe("[]");
});
