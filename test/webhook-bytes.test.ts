import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "./running-server.ts";
import { startReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

let server: RunningServer;
let receiver: WebhookReceiver;
beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
});
afterAll(async () => {
  await server?.stop();
  await receiver?.[Symbol.asyncDispose]();
});

/** As it is published, and as it is written ever after: what JavaScript makes of it. */
const DATA = [
  ["the largest integers", '{"n":9007199254740991,"m":-9007199254740991}'],
  ["fractions", '{"a":0.1,"b":1e-7,"c":-2.5,"d":5e-324,"e":1e+21}'],
  ["spellings of numbers", '{"a":1.0,"b":1E2,"c":-0}', '{"a":1,"b":100,"c":0}'],
  ["the order of members", '{"z":1,"a":{"y":1,"b":2},"m":[3,1,2]}'],
  ["members that are numbers", '{"b":1,"2":2,"1":1}', '{"1":1,"2":2,"b":1}'],
  ["letters of the world", '{"text":"é ü 漢字 🗝️ \u202e"}'],
  ["escapes", '{"text":"\\u00e9\\/\\n\\u0000\\u2028"}', '{"text":"é/\\n\\u0000\u2028"}'],
  ["half a pair", '{"text":"\\ud83d"}'],
  ["space", '{ "a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
  ["empty things", '{"":"","o":{},"l":[],"n":null,"f":false}'],
  ["member names of objects", '{"constructor":1,"toString":2,"hasOwnProperty":3}'],
] as const;

/** The part of each format's body that is the event's data. */
const FORMATS = [
  ["standard", "x-webhook-signature", (body: string) => /"data":(.*)\}$/s.exec(body)?.[1]],
  ["savvycal", "x-savvycal-signature", (body: string) => /"object":(.*)\}\}$/s.exec(body)?.[1]],
  ["calcom", "x-cal-signature-256", (body: string) => /"payload":(.*)\}$/s.exec(body)?.[1]],
] as const;

test.each(FORMATS)(
  "every attempt has the bytes that were signed: %s",
  async (api, name, dataOf) => {
    const draft = { accountId: TEST_ACCOUNT, url: receiver.url, events: ["exact.*"] };
    const { id, secret } = await server.create(api, "webhook-endpoints", draft);
    const path = `/v1/apis/${api}`;
    const firsts = new Map<string, string>();
    for (const [what, published, written = published] of DATA) {
      const { status } = await publish(path, published);
      expect(status, what).toBe(202);
      const { body, headers } = await receiver.next();
      firsts.set(headers["webhook-id"] ?? "", body);
      expect(dataOf(body), what).toBe(written);
      const digest = createHash("sha256").update(body).digest("base64");
      expect(headers["content-digest"]).toBe(`sha-256=:${digest}:`);
      const hex = createHmac("sha256", secret).update(body).digest("hex");
      expect(headers[name]?.toLowerCase().replace("sha256=", "")).toBe(hex);
      // Receivers that write again what they parsed get the same bytes.
      expect(JSON.stringify(JSON.parse(body))).toBe(body);
    }
    const all = `${path}/webhook-endpoints/${id}`;
    await waitUntil("they are settled", async () => {
      const { json } = await server.operator("GET", `${all}/deliveries?status=delivered`);
      return json.data.length === DATA.length;
    });
    await server.operator("POST", `${all}/retry`, { status: "delivered" });
    for (const _ of DATA) {
      const { body, headers } = await receiver.next();
      expect(body).toBe(firsts.get(headers["webhook-id"] ?? ""));
    }
  },
);

/** Of which the text counts. */
function publish(path: string, data: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}/events/publish`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.operatorToken}`,
      "content-type": "application/json",
    },
    body: `{"type":"exact.made","accountId":"${TEST_ACCOUNT}","data":${data}}`,
  });
}

test.each(["1e400", "-1e400", "9007199254740992", "12345678901234567890"])(
  "a number that would arrive as another is refused: %s",
  async (number) => {
    const answer = await publish("/v1/apis/standard", `{"list":[0,{"n":${number}}]}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { details: { field: "data.list[1].n" } } });
  },
);
