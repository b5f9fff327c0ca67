import type { SecretLife } from "./material.ts";
import type { Millis, SecretRecord } from "./records.ts";

/** How the deliveries of an endpoint are written and signed: as its API's document says. */
export const WEBHOOK_FORMATS = ["standard", "savvycal", "calcom"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** `gone`: it answered 410; `failing`: nothing arrived for five days; `operator`: switched off. */
export const DISABLED_REASONS = ["gone", "failing", "operator"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** `dead`: given up after the last attempt, or because its endpoint ended. */
export const DELIVERY_STATUSES = ["pending", "delivered", "dead"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** A secret of an endpoint as everyone may see it. */
export interface WebhookSecretRecord extends SecretRecord {
  /** Verifies `v1a` signatures: the 32 bytes of an Ed25519 key in base64; `null`: it makes none. */
  readonly publicKey: string | null;
}

/** Where webhooks go, as everyone may see it; its secret is in no record. */
export interface WebhookEndpointRecord {
  readonly id: string;
  /** Whose events it gets; `null`: those of all accounts, and those of none. */
  readonly accountId: string | null;
  /** It gets the events of this application alone. */
  readonly applicationId: string | null;
  readonly url: string;
  readonly description: string | null;
  /** Types, `prefix.*` or `*`. */
  readonly events: readonly string[];
  readonly format: WebhookFormat;
  /** The body in its own words, where the format knows templates. */
  readonly payloadTemplate: string | null;
  /** What the version header says, where the format has one. */
  readonly version: string | null;
  /** From old to new; none where deliveries are not signed. */
  readonly secrets: readonly WebhookSecretRecord[];
  /** A failed delivery holds back those after it. */
  readonly strictOrder: boolean;
  /** Most requests to it at once. */
  readonly parallel: number;
  readonly createdAt: Millis;
  readonly disabledAt: Millis | null;
  readonly disabledReason: DisabledReason | null;
  /** The first failure after which nothing arrived. */
  readonly failingSince: Millis | null;
  readonly revokedAt: Millis | null;
}

/** A secret as column `secrets` has it: sealed for `webhookSecretPlace`. */
export interface StoredWebhookSecret extends SecretLife {
  /** Base64. */
  readonly sealed: string;
  /** Of endpoints whose deliveries are signed with a key pair too. */
  readonly pair?: {
    /** PKCS#8, sealed; base64. */
    readonly sealed: string;
    readonly publicKey: string;
  };
}

/** What happened, on its way to endpoints. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly accountId: string | null;
  readonly applicationId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One request to an endpoint, and what came back. */
export interface WebhookAttempt {
  readonly number: number;
  readonly at: Millis;
  readonly durationMillis: number;
  /** Signatures are masked. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** `null`: there was no answer. */
  readonly status: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Its beginning. */
  readonly responseBody: string | null;
  /** Why there was no answer, or why it does not count; `null`: it counts. */
  readonly error: string | null;
}

/** One event on its way to one endpoint. */
export interface DeliveryRecord {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  readonly accountId: string | null;
  readonly applicationId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Millis;
  readonly status: DeliveryStatus;
  readonly attemptCount: number;
  /** `null`: none is planned. */
  readonly nextAttemptAt: Millis | null;
  /** From old to new, the last ones. */
  readonly attempts: readonly WebhookAttempt[];
  readonly settledAt: Millis | null;
}

/** Where a secret of an endpoint is sealed; `part` is which of the secret's two. */
export function webhookSecretPlace(
  api: string,
  names: { readonly endpointId: string; readonly secretId: string; readonly part: "hmac" | "pair" },
) {
  return {
    table: "webhook_endpoint",
    column: "secrets",
    api,
    row: `${names.endpointId}/${names.secretId}/${names.part}`,
  } as const;
}
