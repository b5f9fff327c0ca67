import { type Static, Type } from "typebox";
import type { IssuedSigningKey as Issued } from "../../accounts/signing-keys.ts";
import type { CredentialRecord } from "../../store/records.ts";
import { Body, Id, OneOf } from "./base.ts";
import {
  expiry,
  keyName,
  keyWire,
  ShownOnce,
  successionWire,
  toKeyWire,
  toSuccessionWire,
} from "./keyring.ts";
import { ListOf } from "./list.ts";

const ALGORITHMS = ["ES256", "EdDSA", "RS256"] as const;

const wire = {
  ...keyWire,
  name: Type.String(),
  algorithm: OneOf(ALGORITHMS, "How its tokens are signed; a token cannot choose."),
  publicKey: Type.String({ description: "PEM." }),
  brought: Type.Boolean({ description: "The pair was made elsewhere." }),
  ...successionWire,
};

/** A signing key on the wire; its id is the `kid` of its tokens. */
export const SigningKey = Type.Object(wire, { $id: "SigningKey" });

/** A signing key just made. */
export const IssuedSigningKey = Type.Object(
  {
    ...wire,
    privateKey: Type.Optional(ShownOnce("PKCS #8 in PEM, absent for a brought key")),
  },
  { $id: "IssuedSigningKey" },
);

/** A page of signing keys. */
export const SigningKeyList = ListOf(SigningKey, "SigningKeyList");

/** `POST signing-keys`. */
export const CreateSigningKey = Body({
  id: Type.Optional(Id("kid", "An id of your own choice, for a key that you bring.")),
  accountId: Id("acct"),
  name: keyName,
  publicKey: Type.Optional(
    Type.Unsafe<string | Readonly<Record<string, unknown>>>({
      type: ["string", "object"],
      maxLength: 8192,
      description:
        "Of a pair that you keep: PEM or a JWK, P-256, Ed25519 or RSA. Without it a P-256 pair is " +
        "made.",
    }),
  ),
  expiresAt: Type.Optional(expiry),
});

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toSigningKey(record: CredentialRecord, now: number): Static<typeof SigningKey> {
  const { publicKey } = record;
  if (publicKey === null) throw new Error(`the signing key ${record.id} has no public key`);
  return {
    ...toKeyWire(record, now),
    name: record.name,
    algorithm: publicKey.algorithm as (typeof ALGORITHMS)[number],
    publicKey: pemOf(publicKey.spki),
    brought: publicKey.brought,
    ...toSuccessionWire(record),
  };
}

/** The answer that shows the private key. */
export function toIssuedSigningKey(issued: Issued, now: number): Static<typeof IssuedSigningKey> {
  const { privateKey } = issued;
  return { ...toSigningKey(issued, now), ...(privateKey === undefined ? {} : { privateKey }) };
}

/** RFC 7468 §13. */
function pemOf(spki: string): string {
  const lines = spki.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
}
