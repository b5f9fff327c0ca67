import type { Adapter } from "oidc-provider";
import { type AdapterParts, artifactAdapter } from "./adapter.ts";

/**
 * Keeps browsers signed in. A session whose user is gone, or has changed the password since, is not
 * found any more: the library asserts that whoever is signed in exists.
 */
export function sessionAdapter(parts: AdapterParts): Adapter {
  const { store, policy } = parts;
  const artifacts = artifactAdapter("Session", parts);

  async function ifLive(found: ReturnType<Adapter["find"]>) {
    const payload = (await found) ?? undefined;
    const { accountId, loginTs = 0 } = payload ?? {};
    if (accountId === undefined) return payload;
    const person = await store.people.find(policy.slug, accountId);
    const isLive = person !== undefined && loginTs * 1000 > (person.signedOutAt ?? -1);
    return isLive ? payload : undefined;
  }

  return {
    ...artifacts,
    find: (id) => ifLive(artifacts.find(id)),
    findByUid: (uid) => ifLive(artifacts.findByUid(uid)),
  };
}
