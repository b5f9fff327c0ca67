import { createHmac, generateKeyPairSync, hash, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createWebhookVerifier, type WebhookFault } from "./index.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const SECONDS = NOW / 1000;
const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const BODY = '{"type":"a.b","text":"é"}';
const clock = () => NOW;

interface Signing {
  readonly body?: string;
  readonly at?: number;
  readonly id?: string;
}

/** The headers of a delivery, as they are sent. */
function signed({ body = BODY, at = SECONDS, id = "evt_1" }: Signing = {}) {
  const mac = createHmac("sha256", KEY).update(`${id}.${at}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${mac}`,
    "content-digest": `sha-256=:${hash("sha256", body, "base64")}:`,
  };
}

function verifying(headers: object, { body = BODY, secrets = SECRET as string | string[] } = {}) {
  const { verify } = createWebhookVerifier({ secrets, clock });
  return verify(body, headers as Record<string, string>);
}

test("takes what was sent, as text and as bytes, and says what it is", async () => {
  const expected = {
    id: "evt_1",
    sentAt: new Date(NOW),
    payload: { type: "a.b", text: "é" },
  };
  const { verify } = createWebhookVerifier({ secrets: SECRET, clock });
  expect(await verify(BODY, signed())).toEqual(expected);
  expect(await verify(Buffer.from(BODY), new Headers(signed()))).toEqual(expected);
  const loud = Object.fromEntries(
    Object.entries(signed()).map(([name, value]) => [name.toUpperCase(), value]),
  );
  expect(await verify(BODY, loud)).toEqual(expected);
});

test.each([
  ["the first", [SECRET, OTHER]],
  ["the last", [OTHER, SECRET]],
])("of several secrets %s may be the one", async (_which, secrets) => {
  expect((await verifying(signed(), { secrets })).id).toBe("evt_1");
});

test("of several signatures any may be the one", async () => {
  const headers = signed();
  const other = `v1,${Buffer.alloc(32).toString("base64")}`;
  const signature = `v2,abc v1,AA= ${other} ${headers["webhook-signature"]} nonsense`;
  expect((await verifying({ ...headers, "webhook-signature": signature })).id).toBe("evt_1");
});

describe("says what is wrong:", () => {
  const good = signed();
  const { "webhook-id": _id, ...withoutId } = good;
  const { "content-digest": _digest, ...withoutDigest } = good;
  const twice = { ...good, "webhook-signature": [good["webhook-signature"], "v1,x"] };
  const empty = { ...good, "webhook-signature": "" };
  const words = { ...good, "webhook-signature": "v1,short v1a,AAAA" };
  const padded = { ...good, "webhook-signature": "v1,AA= v1,A= v1a,AAAAA==" };

  test.each<[string, WebhookFault, object, string | undefined, string | undefined]>([
    ["a header is missing", "header_missing", withoutId, undefined, undefined],
    ["a header came twice", "header_missing", twice, undefined, undefined],
    ["a header is empty", "header_missing", empty, undefined, undefined],
    ["a signature has another form", "header_malformed", words, undefined, undefined],
    ["a signature has a part of its padding", "header_malformed", padded, undefined, undefined],
    [
      "a time is none",
      "header_malformed",
      { ...good, "webhook-timestamp": "2026-11-22T12:00:00Z" },
      undefined,
      undefined,
    ],
    ["the body was written again", "body_changed", good, '{"type": "a.b"}', undefined],
    ["a byte order mark was added", "body_changed", good, `\ufeff${BODY}`, undefined],
    ["the secret is another one", "secret_wrong", good, undefined, OTHER],
    ["one of both", "signature_wrong", withoutDigest, undefined, OTHER],
    [
      "the id is another one",
      "secret_wrong",
      { ...good, "webhook-id": "evt_2" },
      undefined,
      undefined,
    ],
    ["it is old", "clock_off", signed({ at: SECONDS - 301 }), undefined, undefined],
    ["it is of the future", "clock_off", signed({ at: SECONDS + 301 }), undefined, undefined],
    ["it is no JSON", "body_not_json", signed({ body: "x" }), "x", undefined],
  ])("%s", async (_what, reason, headers, body, secrets) => {
    const attempt = verifying(headers, { ...(body && { body }), ...(secrets && { secrets }) });
    await expect(attempt).rejects.toMatchObject({ name: "WebhookError", reason });
  });

  test.each([-300, 300])("but not about %i seconds", async (off) => {
    expect((await verifying(signed({ at: SECONDS + off }))).id).toBe("evt_1");
  });

  test("and tells neither secret, nor signature, nor body", async () => {
    const errors = await Promise.all([
      verifying(good, { secrets: OTHER }).catch(String),
      verifying(good, { body: "{}" }).catch(String),
    ]);
    for (const text of errors) {
      for (const secret of [SECRET, OTHER, good["webhook-signature"], BODY]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

test("a long body is refused before anything is computed", async () => {
  const { verify } = createWebhookVerifier({ secrets: SECRET, clock, maxBytes: 25 });
  const body = '{"type":"a.b","text":"x"}';
  expect((await verify(body, signed({ body }))).id).toBe("evt_1");
  await expect(verify(`${body} `, signed())).rejects.toMatchObject({ reason: "body_too_large" });
});

test.each([undefined, null, { type: "a.b" }, { length: 2 ** 40 }, [1], 5])(
  "a body that is %j was parsed, and nothing is made of it",
  async (body) => {
    const { verify } = createWebhookVerifier({ secrets: SECRET, clock });
    const attempt = verify(body as unknown as string, signed());
    await expect(attempt).rejects.toMatchObject({ name: "WebhookError", reason: "body_parsed" });
  },
);

test("an Ed25519 key verifies v1a, and no other key does", async () => {
  const pair = generateKeyPairSync("ed25519");
  const rawOf = (key: typeof pair.publicKey) =>
    Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");
  const content = Buffer.from(`evt_1.${SECONDS}.${BODY}`);
  const signature = `v1a,${sign(null, content, pair.privateKey).toString("base64")}`;
  const headers = { ...signed(), "webhook-signature": signature };
  const verifierOf = (key: string) =>
    createWebhookVerifier({ secrets: [], publicKeys: [key], clock });
  expect((await verifierOf(rawOf(pair.publicKey)).verify(BODY, headers)).id).toBe("evt_1");
  const stranger = rawOf(generateKeyPairSync("ed25519").publicKey);
  await expect(verifierOf(stranger).verify(BODY, headers)).rejects.toMatchObject({
    reason: "secret_wrong",
  });
});

describe("the documents' own formats", () => {
  const hex = createHmac("sha256", SECRET).update(BODY).digest("hex");
  const other = "0".repeat(64);
  const taken = [
    ["standard", { "x-webhook-signature": hex }],
    ["standard", { "x-webhook-signature": other, "x-webhook-signature-next": hex }],
    ["savvycal", { "x-savvycal-signature": `sha256=${hex.toUpperCase()}` }],
    ["calcom", { "X-Cal-Signature-256": hex }],
  ] as const;
  test.each(taken)("%s: %o", async (format, headers) => {
    const { verify } = createWebhookVerifier({ secrets: SECRET, format, clock });
    expect(await verify(BODY, headers)).toMatchObject({ id: null, sentAt: null });
    await expect(verify(`${BODY} `, headers)).rejects.toMatchObject({ reason: "signature_wrong" });
  });

  const refused = [
    ["standard", { "x-webhook-signature": hex.toUpperCase() }, "header_malformed"],
    ["standard", { "x-webhook-signature": hex.slice(1) }, "header_malformed"],
    ["savvycal", { "x-savvycal-signature": `sha256=${hex}` }, "header_malformed"],
    ["savvycal", { "x-savvycal-signature": hex.toUpperCase() }, "header_malformed"],
    ["calcom", { "x-cal-signature-256": "no-secret-provided" }, "unsigned"],
    ["calcom", {}, "header_missing"],
    // Who expects Standard Webhooks is not content with less: it alone cannot be replayed.
    ["standard-webhooks", { "x-webhook-signature": hex }, "header_missing"],
  ] as const;
  test.each(refused)("%s refuses %o", async (format, headers, reason) => {
    const { verify } = createWebhookVerifier({ secrets: SECRET, format, clock });
    await expect(verify(BODY, headers)).rejects.toMatchObject({ reason });
  });
});

test.each([
  ["no secret", { secrets: [] }],
  ["an empty one", { secrets: "" }],
  ["eleven", { secrets: Array.from({ length: 11 }, () => SECRET) }],
  ["one that is no base64", { secrets: "whsec_é" }],
  ["one with a part of its padding", { secrets: "whsec_AA=" }],
  ["whsec_ alone", { secrets: "whsec_" }],
  ["a short public key", { secrets: [], publicKeys: ["AAAA"] }],
  ["a public key with a part of its padding", { secrets: [], publicKeys: ["AA="] }],
])("is not made of %s", (_what, options) => {
  expect(() => createWebhookVerifier(options)).toThrow(TypeError);
});

test("says so of a secret that is not there, as of a variable that is not set", () => {
  const unset = process.env.NOBODY_SETS_THIS as unknown as string;
  for (const secrets of [unset, [unset], [SECRET, unset]]) {
    expect(() => createWebhookVerifier({ secrets })).toThrow("a secret must be a text");
  }
});
