import { type Static, Type } from "typebox";
import type { IssuedJwtSecret as Issued } from "../../accounts/jwt-secrets.ts";
import type { CredentialRecord } from "../../store/records.ts";
import { Body, Id, Text } from "./base.ts";
import { keyWire, ShownOnce, secretsWire, toKeyWire, toSecretsWire } from "./keyring.ts";
import { ListOf } from "./list.ts";

const wire = {
  ...keyWire,
  issuer: Type.String({ description: "`iss` of its tokens." }),
  scopes: Type.Array(Type.String(), { description: "Most that a token may have." }),
  ...secretsWire,
};

/** A JWT secret on the wire; never the secret. */
export const JwtSecret = Type.Object(wire, { $id: "JwtSecret" });

/** A JWT secret just made. */
export const IssuedJwtSecret = Type.Object(
  { ...wire, secret: ShownOnce("The secret, whose UTF-8 bytes sign") },
  { $id: "IssuedJwtSecret" },
);

/** A page of JWT secrets. */
export const JwtSecretList = ListOf(JwtSecret, "JwtSecretList");

/** `POST jwt-secrets`. */
export const CreateJwtSecret = Body({
  accountId: Id("acct"),
  issuer: Type.String({
    pattern: "^[!-~]{1,255}$",
    description: "`iss` of its tokens: visible ASCII, unique among the live ones of the API.",
    examples: ["api.example.com"],
  }),
  scopes: Type.Optional(
    Type.Array(Text({ minLength: 1, maxLength: 128 }), {
      maxItems: 100,
      description: "Most that a token may have; absent: every scope that does not stand for all.",
    }),
  ),
  secret: Type.Optional(
    Text({ maxLength: 1024, description: "Your own, of 32 to 1024 bytes in UTF-8." }),
  ),
});

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toJwtSecret(record: CredentialRecord, now: number): Static<typeof JwtSecret> {
  return {
    ...toKeyWire(record, now),
    issuer: record.handle ?? "",
    scopes: [...record.scopes],
    ...toSecretsWire(record),
  };
}

/** The answer that shows the secret. */
export function toIssuedJwtSecret(issued: Issued, now: number): Static<typeof IssuedJwtSecret> {
  return { ...toJwtSecret(issued, now), secret: issued.secret };
}
