import { once } from "node:events";
import { Agent, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { openManagementApp } from "../testing/management-app.ts";

test("a closing app finishes what is under way, takes nothing new, and lets go of connections", async () => {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<string>();
  const it = await openManagementApp({
    doors: [
      async (app) => {
        app.get("/slow", { config: { public: "a test" } }, async () => {
          reached.resolve();
          return held.promise;
        });
      },
    ],
  });
  await it.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = it.app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });

  const slow = fetchText(port, "/slow", agent);
  await reached.promise;
  const closing = it.close();
  await expect.poll(() => it.app.server.listening).toBe(false);
  await expect(fetchText(port, "/healthz", new Agent())).rejects.toThrow("ECONNREFUSED");
  held.resolve("finished");
  expect(await slow).toBe("finished");
  // Were the kept-alive connection kept open, this would take 72 seconds.
  await closing;
  agent.destroy();
});

test.each([
  ["of which the rest never comes", "GET /healthz HT"],
  ["whose body never comes", "POST /v1/apis HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"],
])("a closing app does not wait for ever for a request %s", async (_what, begun) => {
  const it = await openManagementApp();
  await it.app.listen({ host: "127.0.0.1", port: 0 });
  it.app.server.requestTimeout = 100;
  const { port } = it.app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  await once(socket, "connect");
  socket.write(begun);
  // Behind it in the server's queue: what was begun has been read by then.
  await fetchText(port, "/healthz", new Agent());
  const closed = once(socket.resume(), "close");
  await it.close();
  await closed;
});

test("the front is asked first, about fit requests only", async () => {
  const asked: (string | undefined)[] = [];
  const it = await openManagementApp({
    fronts: {
      front: (request, response) => {
        asked.push(request.url);
        if (request.url !== "/front") return false;
        response.end("front");
        return true;
      },
    },
  });
  await it.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = it.app.server.address() as AddressInfo;
  const agent = new Agent();
  expect(await fetchText(port, "/front", agent)).toBe("front");
  expect(await fetchText(port, "/healthz", agent)).toBe('{"status":"ok"}');
  const twoHosts = ["Host", "a", "Host", "b", "Connection", "close"];
  expect(await fetchText(port, "/front", agent, twoHosts)).toContain("INVALID_REQUEST");
  expect(asked).toEqual(["/front", "/healthz"]);
  await it.close();
});

function fetchText(
  port: number,
  path: string,
  agent: Agent,
  headers: string[] = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    get(
      { host: "127.0.0.1", port, path, agent, ...(headers.length > 0 && { headers }) },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("end", () => resolve(text));
      },
    ).on("error", reject);
  });
}
