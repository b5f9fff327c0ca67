import type { AdapterPayload } from "oidc-provider";
import { openUnder, sealUnder } from "./sealed-under.ts";

/** A payload as the library made it, with members that its types do not name. */
export type Payload = AdapterPayload & Record<string, unknown>;

const UID_MARK = "{uid}";
const PURPOSE = "interaction";
/** Live credentials that an interaction carries on to the request that ends it. */
const CARRIED = ["deviceCode", "parJti"] as const;

/**
 * The payload as it may lie in the database: without its own id, and with nothing else that could
 * be presented. What has to be known again is sealed under the id, which is stored nowhere.
 */
export function toRest(model: string, id: string, payload: Payload): Payload {
  const { jti: _, ...rest } = payload;
  if (model === "DeviceCode") delete rest.userCode;
  if (model !== "Interaction") return rest;
  const resting: Record<string, unknown> = { ...rest };
  const { session, returnTo } = payload;
  if (typeof session === "object") {
    const { cookie: __, ...kept } = session as Record<string, unknown>;
    resting.session = kept;
  }
  if (typeof returnTo === "string") resting.returnTo = returnTo.replaceAll(id, UID_MARK);
  for (const member of CARRIED) {
    const value = resting[member];
    if (typeof value === "string") resting[member] = sealUnder(id, PURPOSE, value);
  }
  return resting as Payload;
}

/** The payload as the library made it, for who has named it by its id. */
export function fromRest(model: string, id: string, resting: Payload): Payload {
  const payload: Record<string, unknown> = { ...resting, jti: id };
  if (model !== "Interaction") return payload as Payload;
  const { returnTo } = resting;
  if (typeof returnTo === "string") payload.returnTo = returnTo.replaceAll(UID_MARK, id);
  for (const member of CARRIED) {
    const value = payload[member];
    if (typeof value === "string") payload[member] = openUnder(id, PURPOSE, value);
  }
  return payload as Payload;
}
