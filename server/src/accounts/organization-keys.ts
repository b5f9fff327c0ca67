import { randomBase62, secretDigest } from "@latchkey/engine";
import type { CredentialRecord } from "../store/records.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import {
  createKeyring,
  type KeyName,
  type Keyring,
  type KeyringParts,
  MOST_LIVE,
  type Rotation,
  requirePolicy,
  WITHOUT_RULES,
} from "./keyring.ts";
import { createSecretRotation } from "./secret-rotation.ts";
import { newSharedSecret, sealSecret, soleSecret } from "./shared-secret.ts";

/** A new organization key, as asked for. */
export interface OrganizationKeyDraft {
  /** An account of the kind `organization`. */
  readonly accountId: string;
  readonly name?: string;
}

/** An organization key with a secret just made: the only copy there will ever be. */
export interface IssuedOrganizationKey extends CredentialRecord {
  readonly appSecret: string;
}

/** The use cases of organization keys; requests name one by its app key, which is the handle. */
export interface OrganizationKeys extends Keyring {
  /** `INVALID_REQUEST` for an account of another kind. */
  issue(call: Call, draft: OrganizationKeyDraft): Promise<IssuedOrganizationKey>;
  /** A new secret for the same app key; `ROTATION_IN_PROGRESS` while two are live. */
  rotate(call: Call, name: KeyName, rotation: Rotation): Promise<IssuedOrganizationKey>;
}

/** 142 random bits: an app key is no secret, but nobody should find one by guessing. */
const APP_KEY_DIGITS = 24;

/** Organization keys of all APIs. */
export function createOrganizationKeys(parts: KeyringParts): OrganizationKeys {
  const { store, clock, sealing } = parts;
  const scheme = "organization-key" as const;
  const rotateSecret = createSecretRotation(parts, scheme);

  return {
    ...createKeyring(parts, scheme),

    async issue(call, { accountId, name = "Organization key" }) {
      requirePolicy(parts, call.api);
      const at = clock();
      const id = newId("orgk");
      const appKey = `app_key_${randomBase62(APP_KEY_DIGITS)}`;
      const secret = newSharedSecret();
      const input = {
        ...WITHOUT_RULES,
        ...{ scheme, id, accountId, name, handle: appKey },
        digest: secretDigest(appKey),
        material: soleSecret(sealSecret(sealing, secret, { api: call.api, credentialId: id }), at),
        scopes: [],
        expiresAt: null,
        lineageId: id,
        accountKind: "organization",
        maxLive: MOST_LIVE,
      } as const;
      const { output, once } = await store.write("issueCredential", input, { ...call, at }, secret);
      return { ...output, appSecret: once };
    },

    async rotate(call, name, rotation) {
      const { record, secret } = await rotateSecret(call, name, rotation);
      return { ...record, appSecret: secret };
    },
  };
}
