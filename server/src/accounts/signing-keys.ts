import {
  ApiError,
  invalidField,
  newSigningKeyPair,
  readPublicKey,
  secretDigest,
} from "@latchkey/engine";
import type { StoredMaterial } from "../store/material.ts";
import type { CredentialRecord } from "../store/records.ts";
import { checkExpiry } from "./api-key-rules.ts";
import type { Call } from "./call.ts";
import { idDigits, newId } from "./ids.ts";
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

/** A new signing key, as asked for: without `publicKey` the pair is made here. */
export interface SigningKeyDraft {
  readonly accountId: string;
  readonly name: string;
  /** PEM, the text of a JWK, or a JWK: of a pair that its owner keeps. */
  readonly publicKey?: unknown;
  /** `kid_…`, of a brought key; made here when absent. A taken one is a `CONFLICT`. */
  readonly id?: string;
  /** Unix milliseconds; `null`: never. */
  readonly expiresAt?: number | null;
}

/** A key just made; the private half is in no other place. */
export interface IssuedSigningKey extends CredentialRecord {
  /** PKCS #8 in PEM; absent for a brought key. */
  readonly privateKey?: string;
}

/** The use cases of signing keys; their id is the `kid` of the tokens that they verify. */
export interface SigningKeys extends Keyring {
  /** `INVALID_REQUEST` names the field. */
  issue(call: Call, draft: SigningKeyDraft): Promise<IssuedSigningKey>;
  /** Issues a successor with a new id; `CONFLICT` for a brought key. */
  rotate(call: Call, name: KeyName, rotation: Rotation): Promise<IssuedSigningKey>;
}

/** Signing keys of all APIs. */
export function createSigningKeys(parts: KeyringParts): SigningKeys {
  const { store, clock } = parts;
  const scheme = "customer-jwt" as const;
  const keyring = createKeyring(parts, scheme);
  const newKid = (api: string) => newId("kid", idDigits(requirePolicy(parts, api)));

  return {
    ...keyring,

    async issue(call, { accountId, name, publicKey, id: wished, expiresAt = null }) {
      const at = clock();
      if (expiresAt !== null) checkExpiry(expiresAt, at);
      if (wished !== undefined && publicKey === undefined) {
        throw invalidField(
          "id",
          "Only a brought key has an id of your own choice: send publicKey.",
        );
      }
      const id = wished ?? newKid(call.api);
      const { material, privateKey } = publicKey === undefined ? newPair() : brought(publicKey);
      const input = {
        ...WITHOUT_RULES,
        ...{ scheme, accountId, name, material, expiresAt },
        ...namedBy(id),
        scopes: [],
        lineageId: id,
        maxLive: MOST_LIVE,
      } as const;
      const context = { ...call, at };
      const { output, once } = await store.write("issueCredential", input, context, privateKey);
      return withPrivateKey(output, once);
    },

    async rotate(call, name, rotation) {
      const { publicKey } = await keyring.find(call.api, { ...name, ceiling: call.ceiling });
      if (publicKey?.brought) {
        throw new ApiError(
          "CONFLICT",
          "This key was brought: bring a new one, and revoke this one when it is no longer used.",
        );
      }
      const { material, privateKey } = newPair();
      const successor = { ...namedBy(newKid(call.api)), material, prefix: "", lastFour: "" };
      const input = { scheme, ...name, successor, brownOuts: [], ...rotation } as const;
      const context = { ...call, at: clock() };
      const { output, once } = await store.write("rotateCredential", input, context, privateKey);
      return withPrivateKey(output.key, once);
    },
  };
}

/** Tokens name the key by its id. */
function namedBy(id: string) {
  return { id, handle: id, digest: secretDigest(id) };
}

interface NewMaterial {
  readonly material: StoredMaterial;
  readonly privateKey: string | undefined;
}

function newPair(): NewMaterial {
  const { privateKeyPem, spki } = newSigningKeyPair();
  return { material: publicKeyMaterial("ES256", spki, false), privateKey: privateKeyPem };
}

function brought(publicKey: unknown): NewMaterial {
  const key = readPublicKey(publicKey);
  if (typeof key === "string") throw invalidField("publicKey", key);
  return { material: publicKeyMaterial(key.algorithm, key.spki, true), privateKey: undefined };
}

function publicKeyMaterial(
  algorithm: string,
  spki: Uint8Array,
  isBrought: boolean,
): StoredMaterial {
  const text = Buffer.from(spki).toString("base64");
  return { kind: "public-key", algorithm, spki: text, brought: isBrought };
}

function withPrivateKey(
  record: CredentialRecord,
  privateKey: string | undefined,
): IssuedSigningKey {
  return privateKey === undefined ? record : { ...record, privateKey };
}
