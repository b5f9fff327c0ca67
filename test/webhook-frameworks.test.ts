import { createHmac, hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createWebhookVerifier, WebhookError } from "@latchkey/sdk/webhooks";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
/** A parser that writes it again loses the spaces and the zero. */
const BODY = '{"type":"a.b", "n": 1.0}';

const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function signed(body = BODY): Record<string, string> {
  const at = Math.floor(Date.now() / 1000);
  const mac = createHmac("sha256", Buffer.alloc(32, 7)).update(`evt_1.${at}.${body}`);
  return {
    "content-type": "application/json",
    "webhook-id": "evt_1",
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${mac.digest("base64")}`,
    "content-digest": `sha-256=:${hash("sha256", body, "base64")}:`,
  };
}

async function listening(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

/** What a receiver took, and what went wrong. */
function aReceiver(options: { readonly maxBytes?: number } = {}) {
  const taken: (string | null)[] = [];
  const faults: unknown[] = [];
  const verifier = createWebhookVerifier({ secrets: SECRET, ...options });
  const handle = ({ id }: { readonly id: string | null }) => void taken.push(id);
  return { verifier, taken, faults, handle, note: (error: unknown) => void faults.push(error) };
}

type Receiver = ReturnType<typeof aReceiver>;

/** Each framework's way, as its documents would have it. */
const FRAMEWORKS: Readonly<Record<string, (receiver: Receiver) => Promise<string>>> = {
  "node:http": ({ verifier, handle, note }) => listening(verifier.handler(handle, note)),

  "Express, before its parser": ({ verifier, handle, note }) => {
    const app = express();
    app.post("/hook", verifier.handler(handle, note));
    app.use(express.json());
    return listening(app);
  },

  "Express, with express.raw": ({ verifier, handle, note }) => {
    const app = express();
    app.post("/hook", express.raw({ type: "*/*" }), verifier.handler(handle, note));
    return listening(app);
  },

  Fastify: async ({ verifier, handle, note }) => {
    const app = fastify();
    servers.push(app);
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );
    app.post("/hook", async (request, reply) => {
      try {
        handle(await verifier.verifyIncoming(request));
        return reply.code(204).send();
      } catch (error) {
        note(error);
        return reply.code(error instanceof WebhookError ? error.status : 500).send();
      }
    });
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/hook`;
  },

  Hono: ({ verifier, handle, note }) => {
    const app = new Hono();
    app.post("/hook", (context) => verifier.fetchHandler(handle, note)(context.req.raw));
    return listening(getRequestListener(app.fetch));
  },
};

describe.each(Object.entries(FRAMEWORKS))("%s", (_name, start) => {
  const post = (url: string, headers: Record<string, string>, body = BODY) =>
    fetch(url, { method: "POST", headers, body });

  test("takes what was sent, and refuses what was changed", async () => {
    const receiver = aReceiver();
    const url = await start(receiver);
    expect((await post(url, signed())).status).toBe(204);
    expect(receiver.taken).toEqual(["evt_1"]);
    expect((await post(url, signed(), '{"type":"a.c"}')).status).toBe(401);
    expect((await post(url, {})).status).not.toBe(204);
    expect(receiver.taken).toHaveLength(1);
    expect(receiver.faults[0]).toMatchObject({ reason: "body_changed" });
  });

  test("does not read a long body to its end", async () => {
    const receiver = aReceiver({ maxBytes: 10 });
    const url = await start(receiver);
    const answer = await post(url, signed());
    expect(answer.status).toBe(413);
    expect(receiver.faults).toMatchObject([{ reason: "body_too_large" }]);
  });
});

test("a body that Express has parsed cannot be verified, and the error says what to do", async () => {
  const receiver = aReceiver();
  const app = express();
  app.use(express.json());
  app.post("/hook", receiver.verifier.handler(receiver.handle, receiver.note));
  const url = await listening(app);
  const answer = await fetch(url, { method: "POST", headers: signed(), body: BODY });
  expect(answer.status).toBe(500);
  expect(receiver.taken).toEqual([]);
  expect(receiver.faults).toMatchObject([{ reason: "body_parsed" }]);
  expect(String(receiver.faults[0])).toContain("before express.json()");
});

test("writing a body again from what was parsed is found out", async () => {
  const { verifier } = aReceiver();
  const again = JSON.stringify(JSON.parse(BODY));
  await expect(verifier.verify(again, signed())).rejects.toMatchObject({ reason: "body_changed" });
});

test("a fault of the handler makes the sender come again, and says nothing of itself", async () => {
  const receiver = aReceiver();
  const fail = () => Promise.reject(new Error("the database is away"));
  const url = await listening(receiver.verifier.handler(fail, receiver.note));
  const answer = await fetch(url, { method: "POST", headers: signed(), body: BODY });
  expect(answer.status).toBe(500);
  expect(await answer.text()).toBe('{"error":{"code":"handler_failed"}}');
  expect(receiver.faults).toHaveLength(1);
});
