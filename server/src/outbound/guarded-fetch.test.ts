import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuardedFetch, OutboundError } from "./guarded-fetch.ts";

let server: Server;
let connections = 0;
let port = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/redirect") response.writeHead(302, { location: "/" }).end();
    else if (request.url === "/long") response.end("x".repeat(2000));
    else if (request.url === "/status") response.socket?.end("HTTP/1.1 600 X\r\n\r\n");
    else if (request.url === "/upgrade") {
      const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
      response.socket?.write(head);
    } else if (request.url === "/never") response.write("x");
    else response.writeHead(200, { "content-type": "application/json" }).end('{"a":1}');
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const allowing = (allow: readonly string[] = ["127.0.0.0/8"]) =>
  createGuardedFetch({ allow, mostBytes: 1000, timeoutMillis: 300 });

describe("refuses, without connecting,", () => {
  test.each([
    ...["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"],
    ...["0.0.0.0", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fd00::1]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"],
    ...["2130706433", "0x7f.1", "localhost"],
  ])("%s", async (host) => {
    const before = connections;
    const asked = allowing([])(`http://${host}:${port}/`);
    await expect(asked).rejects.toBeInstanceOf(OutboundError);
    expect(connections).toBe(before);
  });

  test.each(["file:///etc/passwd", "ftp://example.com/"])("%s", async (url) => {
    await expect(allowing()(url)).rejects.toThrow("only http and https");
  });
});

describe("where it is allowed", () => {
  test.each([
    ["an address", ["127.0.0.1"]],
    ["a block", ["127.0.0.0/8"]],
  ])("by %s, it answers like fetch", async (_by, allow) => {
    const answer = await allowing(allow)(`http://127.0.0.1:${port}/`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ a: 1 });
  });

  test("by a name, that name alone", async () => {
    const ask = allowing(["localhost"]);
    expect((await ask(`http://localhost:${port}/`)).status).toBe(200);
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toBeInstanceOf(OutboundError);
  });

  test("it follows no redirect", async () => {
    expect((await allowing()(`http://127.0.0.1:${port}/redirect`)).status).toBe(302);
  });

  test.each([
    ["/long", "too long"],
    ["/never", "cut off"],
    ["/upgrade", "did not answer"],
    ["/status", "no HTTP"],
  ])("it does not take %s", async (path, why) => {
    await expect(allowing()(`http://127.0.0.1:${port}${path}`)).rejects.toThrow(why);
  });
});
