import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { Sealing } from "../store/sealing.ts";
import { type StoredWebhookSecret, webhookSecretPlace } from "../store/webhook-record.ts";
import { newId } from "./ids.ts";

/** 256 random bits, written as Standard Webhooks has it. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/**
 * A secret as it is stored with its endpoint, under a new id; with a new Ed25519 pair beside it if
 * that is wanted.
 */
export function sealWebhookSecret(
  sealing: Sealing,
  secret: string,
  place: { readonly api: string; readonly endpointId: string; readonly withPair: boolean },
): Omit<StoredWebhookSecret, "createdAt" | "endsAt"> {
  const { api, endpointId, withPair } = place;
  const id = newId("sec");
  const seal = (plain: Uint8Array, part: "hmac" | "pair") => {
    const where = webhookSecretPlace(api, { endpointId, secretId: id, part });
    return Buffer.from(sealing.seal(plain, where)).toString("base64");
  };
  const sealed = seal(Buffer.from(secret), "hmac");
  if (!withPair) return { id, sealed };
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const { x = "" } = publicKey.export({ format: "jwk" });
  const raw = Buffer.from(x, "base64url").toString("base64");
  return { id, sealed, pair: { sealed: seal(pkcs8, "pair"), publicKey: raw } };
}
