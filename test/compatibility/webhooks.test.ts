import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createWebhookVerifier, WebhookError } from "@latchkey/sdk/webhooks";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { newClient, pairOf } from "../calcom-platform.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { languageOf } from "../samples/run-sample.ts";
import { type Received, startReceiver, type WebhookReceiver } from "../webhook-receiver.ts";

// Checklists 6.1, 6.2 and 6.3 of the compatibility document, as far as they speak of webhooks.

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

const accountId = TEST_ACCOUNT;

/** An endpoint at the receiver that gets this one type. */
function endpointFor(api: string, type: string, draft: object = {}): Promise<Answer["json"]> {
  const url = `${receiver.url}/${type}`;
  return server.create(api, "webhook-endpoints", { accountId, url, events: [type], ...draft });
}

async function publish(api: string, type: string, data: object): Promise<string> {
  const event = { type, accountId, data };
  const answer = await server.operator("POST", `/v1/apis/${api}/events/publish`, event);
  expect(answer.status, answer.text).toBe(202);
  expect(answer.json.endpoints).toBe(1);
  return answer.json.id;
}

const hmac = (secret: string, body: string) =>
  createHmac("sha256", secret).update(body).digest("hex");

/** What both libraries make of a delivery: its body, or their error. */
function readByLibraries(secret: string, { body, headers }: Received): unknown {
  // It answers nothing, and throws for what it does not accept.
  new SvixWebhook(secret).verify(body, { ...headers });
  return new StandardWebhook(secret).verify(body, { ...headers });
}

test("6.1.18 savvycal: upper-case hex after sha256=, and the webhook's id", async () => {
  const { secret } = await endpointFor("savvycal", "appointment.created");
  const id = await publish("savvycal", "appointment.created", { title: "Tea" });
  const got = await receiver.next();
  const expected = `sha256=${hmac(secret, got.body).toUpperCase()}`;
  expect(got.headers["x-savvycal-signature"]).toBe(expected);
  expect(got.headers["x-savvycal-webhook-id"]).toBe(id);
  expect(JSON.parse(got.body)).toEqual({
    id,
    account_id: accountId,
    version: "v1",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    data: { type: "appointment.created", object: { title: "Tea" } },
  });
  expect(Object.keys(JSON.parse(got.body)).slice(0, 2)).toEqual(["id", "account_id"]);
  const verify = createWebhookVerifier({ secrets: secret, format: "savvycal" }).verify;
  expect((await verify(got.body, got.headers)).payload).toEqual(JSON.parse(got.body));
  expect(readByLibraries(secret, got)).toEqual(JSON.parse(got.body));
});

describe("6.2.13 standard", () => {
  test("lower-case hex of the raw body, and Standard Webhooks beside it", async () => {
    const { secret } = await endpointFor("standard", "project.made");
    const id = await publish("standard", "project.made", {
      name: "Zoë “7/8” \u2028 \u0001",
      n: 1.5,
    });
    const got = await receiver.next();
    expect(got.headers["x-webhook-signature"]).toBe(hmac(secret, got.body));
    expect(got.headers["x-webhook-signature"]).toMatch(/^[0-9a-f]{64}$/);
    expect(got.headers["webhook-id"]).toBe(id);
    expect(got.headers["webhook-timestamp"]).toMatch(/^\d{10}$/);
    expect(JSON.parse(got.body)).toMatchObject({ id, type: "project.made", accountId });
    // What parses it and writes it again, as that document's own receiver does, gets the same bytes.
    expect(JSON.stringify(JSON.parse(got.body))).toBe(got.body);
    expect(readByLibraries(secret, got)).toEqual(JSON.parse(got.body));
    const { payload } = await createWebhookVerifier({ secrets: secret }).verify(
      got.body,
      got.headers,
    );
    expect(payload).toEqual(JSON.parse(got.body));
  });

  test("during a rotation both secrets verify, and afterwards the new one alone", async () => {
    const { id, secret } = await endpointFor("standard", "rotated.one");
    const path = `/v1/apis/standard/webhook-endpoints/${id}/rotate`;
    const rotated = await server.operator("POST", path, { overlapSeconds: 3600 });
    expect(rotated.status).toBe(201);
    const next = rotated.json.secret;
    expect(next).not.toBe(secret);
    await publish("standard", "rotated.one", {});
    const both = await receiver.next();
    for (const each of [secret, next]) {
      expect(readByLibraries(each, both)).toEqual(JSON.parse(both.body));
      for (const format of ["standard", "standard-webhooks"] as const) {
        const { verify } = createWebhookVerifier({ secrets: each, format });
        await verify(both.body, both.headers);
      }
    }
    expect(both.headers["x-webhook-signature"]).toBe(hmac(secret, both.body));
    expect(both.headers["x-webhook-signature-next"]).toBe(hmac(next, both.body));

    const last = await server.operator("POST", path, { overlapSeconds: 0, force: true });
    await publish("standard", "rotated.one", {});
    const one = await receiver.next();
    expect(readByLibraries(last.json.secret, one)).toEqual(JSON.parse(one.body));
    expect(() => readByLibraries(next, one)).toThrow();
    expect(one.headers["x-webhook-signature"]).toBe(hmac(last.json.secret, one.body));
    expect(one.headers).not.toHaveProperty("x-webhook-signature-next");
  });

  test("a key pair signs too, and its public half verifies", async () => {
    const { secrets } = await endpointFor("standard", "pair.used", { asymmetric: true });
    await publish("standard", "pair.used", {});
    const got = await receiver.next();
    const [{ publicKey }] = secrets;
    const { verify } = createWebhookVerifier({ secrets: [], publicKeys: [publicKey] });
    expect((await verify(got.body, got.headers)).id).toBe(got.headers["webhook-id"]);
    await expect(verify(`${got.body} `, got.headers)).rejects.toThrow("not the one that was sent");
  });

  describe("the document's own handler", () => {
    let child: ChildProcess | undefined;
    afterEach(() => void child?.kill());

    async function startHandler(secret: string): Promise<string> {
      const { command, environment } = languageOf("webhook.cjs");
      const sample = "../samples/standard/javascript/webhook.cjs";
      const file = fileURLToPath(new URL(sample, import.meta.url));
      const [program, ...args] = command;
      const env = { ...environment(""), WEBHOOK_SECRET: secret, PORT: "0" };
      child = spawn(program, [...args, file], { env, stdio: ["ignore", "pipe", "inherit"] });
      const [port] = await once(child.stdout ?? process, "data");
      return `http://127.0.0.1:${String(port).trim()}/webhook`;
    }

    test("takes our deliveries, and refuses those of another secret", async () => {
      const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
      const url = await startHandler(secret);
      const events = ["handled.here"];
      for (const [given, status] of [
        [secret, 200],
        [undefined, 401],
      ] as const) {
        const draft = { accountId, url, events, ...(given !== undefined && { secret: given }) };
        const { id } = await server.create("standard", "webhook-endpoints", draft);
        await publish("standard", "handled.here", { text: "<é> \\ / \u007f", n: 1e21, m: 0.1 });
        expect((await firstAttempt(id)).status).toBe(status);
        await server.operator("POST", `/v1/apis/standard/webhook-endpoints/${id}/revoke`);
      }
    });
  });
});

async function firstAttempt(endpointId: string): Promise<Answer["json"]> {
  const path = `/v1/apis/standard/webhook-endpoints/${endpointId}/deliveries`;
  for (;;) {
    const { json } = await server.operator("GET", path);
    const [attempt] = json.data[0]?.attempts ?? [];
    if (attempt !== undefined) return attempt;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("6.3.39 calcom", () => {
  const URL_TAKEN = "Webhook with this subscriber url already exists for this oAuth client";

  async function clientOf(account: string) {
    const draft = { id: account, name: "Platform", kind: "platform", plan: "ESSENTIALS" };
    await server.operator("POST", "/v1/apis/calcom/accounts", draft);
    const client = await newClient(server, account);
    const path = `/calcom/v2/oauth-clients/${client.clientId}/webhooks`;
    const ask = (method: string, more = "", body?: object) =>
      server.ask({ method, path: `${path}${more}`, headers: pairOf(client), body });
    return { account, client, ask };
  }

  async function publishFor({ account, client }: Awaited<ReturnType<typeof clientOf>>) {
    const data = { title: 'Tea "now"', attendees: [{ email: "a@example.com" }] };
    const about = { accountId: account, applicationId: client.clientId };
    const event = { type: "BOOKING_CREATED", ...about, data };
    const { status } = await server.operator("POST", "/v1/apis/calcom/events/publish", event);
    expect(status).toBe(202);
    return { data, got: await receiver.next() };
  }

  test("webhooks of a client: made, listed, changed, deleted; 409 on a duplicate URL", async () => {
    const { client, ask } = await clientOf("acct_crud");
    const subscriberUrl = "https://hooks.example.com/one";
    const body = { subscriberUrl, active: true, triggers: ["BOOKING_CREATED"], secret: "s3cret" };
    const made = await ask("POST", "", body);
    expect(made.status, made.text).toBe(201);
    const { id } = made.json.data;
    const shown = {
      ...{ id, oAuthClientId: client.clientId, subscriberUrl, active: true },
      ...{ triggers: ["BOOKING_CREATED"], payloadTemplate: null, version: "2021-10-20" },
    };
    expect(made.json).toEqual({ status: "success", data: { ...shown, secret: "s3cret" } });
    expect((await ask("GET", `/${id}`)).json.data).toEqual({ ...shown, secret: "********" });
    expect((await ask("GET")).json.data).toHaveLength(1);

    const taken = await ask("POST", "", body);
    expect(taken.status).toBe(409);
    expect(taken.text).toContain(URL_TAKEN);
    const other = await ask("POST", "", { ...body, subscriberUrl: `${subscriberUrl}/two` });
    const moved = await ask("PATCH", `/${other.json.data.id}`, { subscriberUrl });
    expect(moved.status).toBe(409);
    expect((await ask("PATCH", `/${id}`, { active: false })).json.data.active).toBe(false);

    expect((await ask("DELETE", `/${id}`)).status).toBe(200);
    expect((await ask("GET", `/${id}`)).status).toBe(404);
    expect((await ask("POST", "", body)).status).toBe(201);
    expect((await ask("DELETE")).json.data).toBe("2 webhooks deleted");
    expect((await ask("GET")).json.data).toEqual([]);
  });

  test("another client's webhook is refused with 403, and none of them changes", async () => {
    const one = await clientOf("acct_one");
    const two = await clientOf("acct_two");
    const subscriberUrl = "https://hooks.example.com/";
    const body = { subscriberUrl, active: true, triggers: ["BOOKING_CREATED"] };
    const { id } = (await one.ask("POST", "", body)).json.data;
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const answer = await two.ask(method, `/${id}`, method === "PATCH" ? {} : undefined);
      expect([method, answer.status]).toEqual([method, 403]);
    }
    expect((await one.ask("GET", `/${id}`)).status).toBe(200);
  });

  test("a change of the secret alone, or of nothing, is one too", async () => {
    const scene = await clientOf("acct_secret");
    const body = { subscriberUrl: receiver.url, active: true, triggers: ["BOOKING_CREATED"] };
    const { id } = (await scene.ask("POST", "", body)).json.data;
    const unchanged = await scene.ask("PATCH", `/${id}`, {});
    expect(unchanged.status, unchanged.text).toBe(200);
    expect(unchanged.json.data).toMatchObject({ id, active: true, secret: null });
    const changed = await scene.ask("PATCH", `/${id}`, { secret: "another" });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json.data).toMatchObject({ id, active: true, secret: "another" });
    const { got } = await publishFor(scene);
    expect(got.headers["x-cal-signature-256"]).toBe(hmac("another", got.body));
  });

  test.each([
    [{ subscriberUrl: "ftp://example.com/" }, "subscriberUrl"],
    [{ triggers: [] }, "triggers"],
    [{ triggers: ["nothing"] }, "triggers"],
    [{ active: "yes" }, "active"],
  ])("400 names what is wrong in %o", async (wrong, property) => {
    const { ask } = await clientOf("acct_wrong");
    const right = { subscriberUrl: "https://a.example.com/", active: true, triggers: ["A_B"] };
    const answer = await ask("POST", "", { ...right, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.json.error.details.errors[0].property).toMatch(property);
  });

  test("signed in lower-case hex over the body, with the version", async () => {
    const scene = await clientOf("acct_signed");
    const secret = "any text";
    const body = { subscriberUrl: receiver.url, active: true, triggers: ["BOOKING_CREATED"] };
    await scene.ask("POST", "", { ...body, secret });
    const { data, got } = await publishFor(scene);
    expect(got.headers["x-cal-signature-256"]).toBe(hmac(secret, got.body));
    expect(got.headers["x-cal-webhook-version"]).toBe("2021-10-20");
    expect(JSON.parse(got.body)).toEqual({
      triggerEvent: "BOOKING_CREATED",
      createdAt: expect.stringMatching(/^\d{4}-/),
      payload: data,
    });
    const { verify } = createWebhookVerifier({ secrets: secret, format: "calcom" });
    await verify(got.body, got.headers);
  });

  test("no-secret-provided without a secret, and the body in the template's words", async () => {
    const scene = await clientOf("acct_unsigned");
    await scene.ask("POST", "", {
      ...{ subscriberUrl: receiver.url, active: true, triggers: ["BOOKING_CREATED"] },
      payloadTemplate: '{"what":"{{title}} by {{payload.attendees.0.email}}{{nobody}}"}',
      version: "2026-01-31",
    });
    const { got } = await publishFor(scene);
    expect(got.headers["x-cal-signature-256"]).toBe("no-secret-provided");
    expect(got.headers["x-cal-webhook-version"]).toBe("2026-01-31");
    expect(got.headers).not.toHaveProperty("webhook-signature");
    expect(JSON.parse(got.body)).toEqual({ what: 'Tea "now" by a@example.com' });
  });

  test("the client's id and secret alone open them", async () => {
    const { account, client } = await clientOf("acct_alone");
    const { key } = await server.issueKey({ accountId: account }, "calcom");
    const path = `/calcom/v2/oauth-clients/${client.clientId}/webhooks`;
    const withKey = { authorization: `Bearer ${key}` };
    for (const headers of [withKey, {}, { ...pairOf(client), "x-cal-secret-key": "wrong" }]) {
      expect((await server.ask({ path, headers })).status).toBeGreaterThanOrEqual(400);
    }
  });
});

test.each([
  ["standardwebhooks", StandardWebhook],
  ["svix", SvixWebhook],
] as const)("what %s signs is verified here", async (_library, Webhook) => {
  const secret = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
  const body = '{"type":"a.b"}';
  const now = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", now, body),
  };
  const { verify } = createWebhookVerifier({ secrets: secret });
  expect(await verify(body, headers)).toMatchObject({ id: "msg_1", payload: { type: "a.b" } });
  await expect(verify('{"type":"a.c"}', headers)).rejects.toBeInstanceOf(WebhookError);
});

test.each(["", "0", "a".repeat(63), "a".repeat(65), "A".repeat(64), `sha256=${"a".repeat(64)}`])(
  "6.2.14 a signature of the wrong form is refused with 401: %j",
  async (signature) => {
    const verifier = createWebhookVerifier({ secrets: "s".repeat(32), format: "standard" });
    const headers = { "x-webhook-signature": signature };
    const error = await verifier.verify("{}", headers).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebhookError);
    expect(error).toMatchObject({ status: 401 });
    const request = new Request("http://here/", { method: "POST", body: "{}", headers });
    expect((await verifier.fetchHandler(() => undefined)(request)).status).toBe(401);
  },
);
