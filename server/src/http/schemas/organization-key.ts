import { type Static, Type } from "typebox";
import type { IssuedOrganizationKey as Issued } from "../../accounts/organization-keys.ts";
import type { CredentialRecord } from "../../store/records.ts";
import { Body, Id } from "./base.ts";
import { keyName, keyWire, ShownOnce, secretsWire, toKeyWire, toSecretsWire } from "./keyring.ts";
import { ListOf } from "./list.ts";

const wire = {
  ...keyWire,
  name: Type.String(),
  appKey: Type.String({ description: "What requests name it by; no secret." }),
  ...secretsWire,
};

/** An organization key on the wire; never the secret. */
export const OrganizationKey = Type.Object(wire, { $id: "OrganizationKey" });

/** An organization key just made. */
export const IssuedOrganizationKey = Type.Object(
  { ...wire, appSecret: ShownOnce("The secret, whose UTF-8 bytes sign") },
  { $id: "IssuedOrganizationKey" },
);

/** A page of organization keys. */
export const OrganizationKeyList = ListOf(OrganizationKey, "OrganizationKeyList");

/** `POST organization-keys`. */
export const CreateOrganizationKey = Body({
  accountId: Id("acct", "An account of the kind `organization`."),
  name: Type.Optional(keyName),
});

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toOrganizationKey(
  record: CredentialRecord,
  now: number,
): Static<typeof OrganizationKey> {
  return {
    ...toKeyWire(record, now),
    name: record.name,
    appKey: record.handle ?? "",
    ...toSecretsWire(record),
  };
}

/** The answer that shows the secret. */
export function toIssuedOrganizationKey(
  issued: Issued,
  now: number,
): Static<typeof IssuedOrganizationKey> {
  return { ...toOrganizationKey(issued, now), appSecret: issued.appSecret };
}
