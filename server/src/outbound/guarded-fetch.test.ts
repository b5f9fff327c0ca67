import { once } from "node:events";
import http, { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuardedFetch } from "./guarded-fetch.ts";
import { OutboundError } from "./outbound-error.ts";

let server: Server;
let connections = 0;
let port = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/echo") {
      request.once("data", (body) => {
        response.end(`${request.method} ${request.headers["content-length"]} ${body}`);
      });
    } else if (request.url === "/redirect") response.writeHead(302, { location: "/" }).end();
    else if (request.url === "/long") response.end("x".repeat(2000));
    else if (request.url === "/status") response.socket?.end("HTTP/1.1 600 X\r\n\r\n");
    else if (request.url === "/upgrade") {
      const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
      response.socket?.write(head);
    } else if (request.url === "/interim") {
      const { socket } = response;
      const more = () => socket?.write("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
      socket?.on("drain", more).on("error", () => undefined);
      more();
    } else if (request.url === "/head") response.writeHead(200, { a: "x".repeat(20_000) }).end();
    else if (request.url === "/garbage") response.socket?.end("hello\r\n\r\n");
    else if (request.url === "/never") response.write("x");
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

const allowing = (allow: readonly string[] = ["127.0.0.0/8"], keep = false) =>
  createGuardedFetch({ allow, mostBytes: 1000, timeoutMillis: 20_000, keep });

/** Addresses of this machine and of private networks, in every spelling that a URL may have. */
const PRIVATE = [
  // This machine, by name, by number, and with what parsers forgive.
  ...["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.1", "127.0.1", "127.255.255.254"],
  ...["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0x7f.0x0.0x0.0x1"],
  ...["127.0.0.1.", "%31%32%37.0.0.1", "１２７.０.０.１", "127。0。0。1", "0", "0.0.0.0", "0x0"],
  // Private, shared, link-local with its metadata services, tests, multicast, reserved.
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "3232235777"],
  ...["169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.170.2", "100.64.0.1"],
  ...["100.100.100.200", "100.127.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1"],
  ...["198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"],
  ...["239.255.255.255", "240.0.0.1", "255.255.255.255"],
  // IPv6: the same, and every way to say an IPv4 address in it.
  ...["[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
  ...["[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]"],
  ...["[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]"],
  ...["[2002:a9fe:a9fe::]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[3fff::1]", "[fe80::1]"],
  ...["[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]"],
  ...["[5f00::1]", "[4000::1]", "[::7f00:1]", "[::ffff:0a00:0001]", "[64:ff9b:1:a:b:c:7f00:1]"],
  ...["[2001:20::1]", "[2001:10::1]", "[fd12:3456:789a::1]", "[ff05::1:3]", "[2002:c0a8:101::1]"],
];

test("the table has at least sixty spellings, each once", () => {
  expect(new Set(PRIVATE).size).toBe(PRIVATE.length);
  expect(PRIVATE.length).toBeGreaterThanOrEqual(60);
});

describe("refuses, without connecting,", () => {
  const keeping = allowing([], true);
  test.each(PRIVATE)("%s", async (host) => {
    const before = connections;
    for (const ask of [allowing([]), keeping, keeping]) {
      const asked = ask(`http://${host}:${port}/`);
      // Its own words: whatever this machine cannot reach is an OutboundError, too.
      await expect(asked).rejects.toThrow(/not on the public Internet|name cannot be resolved/);
    }
    expect(connections).toBe(before);
  });

  test.each(["file:///etc/passwd", "ftp://example.com/"])("%s", async (url) => {
    await expect(allowing()(url)).rejects.toThrow("only http and https");
  });
});

describe("a name", () => {
  const resolving = (...answers: readonly (readonly string[])[]) => {
    const asked: string[] = [];
    const lookUp = async (name: string) => {
      asked.push(name);
      const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
      return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    };
    return {
      asked,
      ask: createGuardedFetch({ allow: ["127.0.0.1"], lookUp, timeoutMillis: 20_000 }),
    };
  };

  test.each([
    ["that means a private address", ["10.0.0.1"]],
    ["that means a private address beside a public one", ["93.184.216.34", "10.0.0.1"]],
    ["that means a private address of IPv6", ["fd00::1"]],
    ["that means a mapped one", ["::ffff:10.0.0.1"]],
    ["that means no address", []],
    ["that means no address that there could be", ["fe80::1%eth0"]],
  ])("%s is refused", async (_what, addresses) => {
    const before = connections;
    const { ask } = resolving(addresses);
    await expect(ask(`http://hooks.example.com:${port}/`)).rejects.toBeInstanceOf(OutboundError);
    expect(connections).toBe(before);
  });

  test("is asked for once: another answer a moment later changes nothing", async () => {
    const { asked, ask } = resolving(["127.0.0.1"], ["10.0.0.1"]);
    const answer = await ask(`http://rebinding.example.com:${port}/`);
    expect(answer.status).toBe(200);
    expect(asked).toEqual(["rebinding.example.com"]);
    // The next request asks again, and hears the other answer.
    const next = ask(`http://rebinding.example.com:${port}/`);
    await expect(next).rejects.toBeInstanceOf(OutboundError);
    expect(asked).toHaveLength(2);
  });
});

test("a host that takes no connection is waited for no longer than was said", async () => {
  // A documentation address, allowed here: nobody answers there.
  const limits = { allow: ["192.0.2.1"], connectMillis: 100, timeoutMillis: 20_000 };
  const begun = performance.now();
  await expect(createGuardedFetch(limits)("http://192.0.2.1/")).rejects.toThrow("did not answer");
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test("as many are under way at once as was said, and one that has ended makes room", async () => {
  const limits = { allow: ["127.0.0.1"], mostAtOnce: 2, timeoutMillis: 300 };
  const ask = createGuardedFetch(limits);
  const asked = Array.from({ length: 3 }, () => ask(`http://127.0.0.1:${port}/never`));
  await expect(asked[2]).rejects.toThrow("too many are asked at once");
  await Promise.allSettled(asked);
  expect((await ask(`http://127.0.0.1:${port}/`)).status).toBe(200);
});

test("a body is sent as it is, and of a long answer the beginning can be taken", async () => {
  const limits = { allow: ["127.0.0.1"], mostBytes: 11, longer: "cut" } as const;
  const content = Buffer.from('{"é":1}');
  const request = { method: "POST", content };
  const echoed = await createGuardedFetch(limits)(`http://127.0.0.1:${port}/echo`, request);
  expect(await echoed.text()).toBe('POST 8 {"é');
  const long = await createGuardedFetch(limits)(`http://127.0.0.1:${port}/long`);
  expect(await long.text()).toBe("x".repeat(11));
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

  test("it asks the host itself, whatever proxy the environment names", async () => {
    const ours = http.globalAgent;
    // As NODE_USE_ENV_PROXY makes it; nobody listens there.
    http.globalAgent = new http.Agent({ proxyEnv: { HTTP_PROXY: "http://127.0.0.1:9" } });
    try {
      expect((await allowing()(`http://127.0.0.1:${port}/`)).status).toBe(200);
    } finally {
      http.globalAgent = ours;
    }
  });

  test("it follows no redirect", async () => {
    expect((await allowing()(`http://127.0.0.1:${port}/redirect`)).status).toBe(302);
  });

  test.each([
    ["/long", "too long"],
    ["/upgrade", "did not answer"],
    ["/status", "no HTTP"],
    ["/garbage", "no HTTP"],
    ["/head", "head is too long"],
    ["/interim", "head is too long"],
  ])("it does not take %s", async (path, why) => {
    await expect(allowing()(`http://127.0.0.1:${port}${path}`)).rejects.toThrow(why);
  });

  test("it does not wait for the end of /never", async () => {
    const ask = createGuardedFetch({ allow: ["127.0.0.1"], timeoutMillis: 300 });
    await expect(ask(`http://127.0.0.1:${port}/never`)).rejects.toThrow("cut off");
  });
});
