import { type CompiledPolicy, invalidField, satisfies, secretDigest } from "@latchkey/engine";
import type { CredentialRecord } from "../store/records.ts";
import { checkScopes } from "./api-key-rules.ts";
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

/** A new JWT secret, as asked for. */
export interface JwtSecretDraft {
  readonly accountId: string;
  /** `iss` of its tokens; unique among the live ones of its API, else a `CONFLICT`. */
  readonly issuer: string;
  /** Most that a token may have; when absent, every scope that does not stand for all. */
  readonly scopes?: readonly string[];
  /** A text of 32 to 1024 bytes; made here when absent. */
  readonly secret?: string;
}

/** A credential with a secret just made: the only copy there will ever be. */
export interface IssuedJwtSecret extends CredentialRecord {
  readonly secret: string;
}

/** The use cases of JWT secrets. */
export interface JwtSecrets extends Keyring {
  /** `INVALID_REQUEST` names the field. */
  issue(call: Call, draft: JwtSecretDraft): Promise<IssuedJwtSecret>;
  /** A new secret under the same id and issuer; `ROTATION_IN_PROGRESS` while two are live. */
  rotate(call: Call, name: KeyName, rotation: Rotation): Promise<IssuedJwtSecret>;
}

/** JWT secrets of all APIs. */
export function createJwtSecrets(parts: KeyringParts): JwtSecrets {
  const { store, clock, sealing } = parts;
  const scheme = "shared-secret-jwt" as const;
  const rotateSecret = createSecretRotation(parts, scheme);

  return {
    ...createKeyring(parts, scheme),

    async issue(call, { accountId, issuer, scopes, secret = newSharedSecret() }) {
      const policy = requirePolicy(parts, call.api);
      checkScopes(scopes ?? [], policy);
      checkSecret(secret);
      const at = clock();
      const id = newId("jws");
      const input = {
        ...WITHOUT_RULES,
        ...{ scheme, id, accountId, name: issuer, handle: issuer },
        digest: secretDigest(issuer),
        material: soleSecret(sealSecret(sealing, secret, { api: call.api, credentialId: id }), at),
        scopes: [...new Set(scopes ?? ordinaryScopes(policy))],
        expiresAt: null,
        lineageId: id,
        maxLive: MOST_LIVE,
      } as const;
      const { output, once } = await store.write("issueCredential", input, { ...call, at }, secret);
      return { ...output, secret: once };
    },

    async rotate(call, name, rotation) {
      const { record, secret } = await rotateSecret(call, name, rotation);
      return { ...record, secret };
    },
  };
}

/** RFC 7518 §3.2: no shorter than what HMAC-SHA-256 makes. */
function checkSecret(secret: string): void {
  const length = Buffer.byteLength(secret);
  if (length >= 32 && length <= 1024) return;
  throw invalidField("secret", "secret must have 32 to 1024 bytes in UTF-8.");
}

/** All scopes but those that are as good as all others together, such as `admin:all`. */
function ordinaryScopes({ scopes, policy }: CompiledPolicy): readonly string[] {
  const all = scopes.needed(scopes.names);
  return scopes.names.filter((name) => {
    const impliesOthers = (policy.scopes[name]?.implies.length ?? 0) > 0;
    return !impliesOthers || !satisfies(scopes.set([name]), all);
  });
}
