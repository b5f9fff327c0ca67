import { randomBytes } from "node:crypto";
import type { StoredMaterial, StoredSecret } from "../store/material.ts";
import { secretPlace } from "../store/material.ts";
import type { Sealing } from "../store/sealing.ts";
import { newId } from "./ids.ts";

/** 256 random bits as text; who signs with it uses the text's bytes. */
export function newSharedSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** A secret as it is stored with the credential that it belongs to, under a new id of its own. */
export function sealSecret(
  sealing: Sealing,
  secret: string,
  { api, credentialId }: { readonly api: string; readonly credentialId: string },
): Pick<StoredSecret, "id" | "sealed"> {
  const id = newId("sec");
  const sealed = sealing.seal(Buffer.from(secret), secretPlace(api, credentialId, id));
  return { id, sealed: Buffer.from(sealed).toString("base64") };
}

/** The material of a credential that has just this secret, from `at` on. */
export function soleSecret(
  secret: Pick<StoredSecret, "id" | "sealed">,
  at: number,
): StoredMaterial {
  return { kind: "shared-secrets", secrets: [{ ...secret, createdAt: at, endsAt: null }] };
}
