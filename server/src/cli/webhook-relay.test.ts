import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Relayed, startRelay, type WebhookRelay } from "./webhook-relay.ts";

const program = createServer((_request, response) => response.writeHead(204).end());
const relayed: Relayed[] = [];
let relay: WebhookRelay;
beforeAll(async () => {
  program.listen(0, "127.0.0.1");
  await once(program, "listening");
  const { port } = program.address() as AddressInfo;
  relay = await startRelay(`http://127.0.0.1:${port}/`, (each) => relayed.push(each));
});
afterAll(async () => {
  await relay.close();
  program.close();
});

async function send(id: string | undefined, body: string): Promise<Relayed | undefined> {
  const headers = id === undefined ? {} : { "webhook-id": id };
  const call = request(relay.url, { method: "POST", headers });
  const [answer] = await once(call.end(body), "response");
  answer.resume();
  return relayed.at(-1);
}

test("tells the type and the id of what it handed on", async () => {
  const event = { type: "order.paid", id: "evt_4f1c0a9be27d4f1c0a9be27d", status: 204 };
  const body = JSON.stringify({ type: event.type });
  expect(await send(event.id, body)).toEqual(event);
  expect(await send(undefined, body)).toEqual({ ...event, id: "" });
});

test.each([
  ["what a terminal takes for a command", "\u009b2J"],
  ["a line's end to one", "evt\u0085"],
  ["what is too long for a line", "a".repeat(2000)],
])("tells nothing that is %s", async (_what, id) => {
  const told = await send(id, JSON.stringify({ type: id }));
  expect(told).toEqual({ type: "webhook", id: "", status: 204 });
});
