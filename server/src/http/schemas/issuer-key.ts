import { type Static, Type } from "typebox";
import type { IssuerKeyRecord } from "../../store/issuer-keys.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Instant, Nullable, OneOf, Ref } from "./base.ts";

/** A key with which an API's authorization server signs. */
export const IssuerKey = Type.Object(
  {
    id: Type.String({ description: "The `kid` of what it signs." }),
    algorithm: OneOf(["ES256", "RS256"], "ES256 signs access tokens, RS256 most ID tokens."),
    status: OneOf(
      ["next", "current", "retired"],
      "`next` is published before it signs; `retired` until what it signed has expired.",
    ),
    publicKey: Type.Record(Type.String(), Type.String(), { description: "A JWK." }),
    createdAt: Instant("When it was made and published."),
    retiredAt: Nullable(Instant("When it signed last; null: it will, or does.")),
  },
  { $id: "IssuerKey" },
);

/** All keys of an API: a handful, so there are no pages. */
export const IssuerKeyList = Type.Object(
  { data: Type.Array(Ref(IssuerKey)) },
  { $id: "IssuerKeyList" },
);

/** `POST issuer-keys/rotate`. */
export const RotateIssuerKeys = Body({
  force: Type.Optional(
    Type.Boolean({ description: "Also when clients may not have seen the next key yet." }),
  ),
});

/** The records as they go over the wire, without anything that signs. */
export function toIssuerKeyList(records: readonly IssuerKeyRecord[]): Static<typeof IssuerKeyList> {
  return {
    data: records.map(({ id, algorithm, status, publicKey, createdAt, retiredAt }) => ({
      ...{ id, status, publicKey: JSON.parse(publicKey) },
      algorithm: algorithm === "RS256" ? "RS256" : "ES256",
      ...{ createdAt: instant(createdAt), retiredAt: instantOrNull(retiredAt) },
    })),
  };
}
