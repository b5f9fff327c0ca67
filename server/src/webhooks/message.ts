import { hash } from "node:crypto";
import type { ClaimedDelivery } from "../store/webhook-due-deliveries.ts";
import type { WebhookEndpointRecord, WebhookFormat } from "../store/webhook-record.ts";
import { fillTemplate } from "./payload-template.ts";
import { bodySignature, type SigningSecret, standardSignatures } from "./signatures.ts";

/** A request to an endpoint, ready to be sent. */
export interface WebhookMessage {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

type Endpoint = Pick<WebhookEndpointRecord, "format" | "payloadTemplate" | "version">;
type Delivery = Omit<ClaimedDelivery, "id" | "attempts" | "tries">;

const CALCOM_VERSION = "2021-10-20";

/**
 * Writes and signs a delivery as the API's document says, and by Standard Webhooks in any case. The
 * same delivery has the same id and body at every attempt; `at`, in Unix milliseconds, is the
 * attempt's. Secrets run from old to new and are all alive. `null`: it would be too long.
 */
export function webhookMessage(
  endpoint: Endpoint,
  delivery: Delivery,
  { secrets, at }: { readonly secrets: readonly SigningSecret[]; readonly at: number },
): WebhookMessage | null {
  const text = BODIES[endpoint.format](endpoint, delivery);
  if (text === null) return null;
  const body = Buffer.from(text);
  const id = delivery.eventId;
  const timestamp = Math.floor(at / 1000);
  const signatures = standardSignatures({ id, timestamp, body }, secrets);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "Latchkey-Webhooks/1",
      // RFC 9530: tells a receiver whether the body was changed before it was verified.
      "content-digest": `sha-256=:${hash("sha256", body, "base64")}:`,
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(signatures !== "" && { "webhook-signature": signatures }),
      ...HEADERS[endpoint.format]({ endpoint, delivery, body, secrets }),
    },
  };
}

/**
 * All are compact JSON of values that were parsed from JSON: a receiver that parses a body and
 * writes it again gets the same bytes, which some documents' receivers count on.
 */
const BODIES: Readonly<
  Record<WebhookFormat, (endpoint: Endpoint, delivery: Delivery) => string | null>
> = {
  standard: (_endpoint, { eventId, type, accountId, createdAt, data }) =>
    JSON.stringify({ id: eventId, type, timestamp: instant(createdAt), accountId, data }),

  savvycal: ({ version }, { eventId, type, accountId, createdAt, data }) =>
    JSON.stringify({
      id: eventId,
      account_id: accountId,
      version: version ?? "v1",
      created_at: instant(createdAt),
      data: { type, object: data },
    }),

  calcom: ({ payloadTemplate }, { type, createdAt, data }) => {
    const body = { triggerEvent: type, createdAt: instant(createdAt), payload: data };
    return payloadTemplate === null
      ? JSON.stringify(body)
      : fillTemplate(payloadTemplate, { ...data, ...body });
  },
};

interface ToSign {
  readonly endpoint: Endpoint;
  readonly delivery: Delivery;
  readonly body: Uint8Array;
  readonly secrets: readonly SigningSecret[];
}

type HeadersOf = (parts: ToSign) => Readonly<Record<string, string>>;

/** What the documents themselves name. */
const HEADERS: Readonly<Record<WebhookFormat, HeadersOf>> = {
  standard: (parts) => bySecret("x-webhook-signature", parts, (hex) => hex),

  savvycal: (parts) => ({
    "x-savvycal-webhook-id": parts.delivery.eventId,
    ...bySecret("x-savvycal-signature", parts, (hex) => `sha256=${hex.toUpperCase()}`),
  }),

  calcom: (parts) => ({
    "x-cal-webhook-version": parts.endpoint.version ?? CALCOM_VERSION,
    ...(parts.secrets.length === 0
      ? { "x-cal-signature-256": "no-secret-provided" }
      : bySecret("x-cal-signature-256", parts, (hex) => hex)),
  }),
};

/**
 * These headers hold one signature. While two secrets live it is the older one's, so that rotating
 * breaks nobody, and the newer one's stands beside it.
 */
function bySecret(name: string, { body, secrets }: ToSign, written: (hex: string) => string) {
  const [first, next] = secrets.map((secret) => written(bodySignature(body, secret)));
  return {
    ...(first !== undefined && { [name]: first }),
    ...(next !== undefined && { [`${name}-next`]: next }),
  };
}

function instant(millis: number): string {
  return new Date(millis).toISOString();
}
