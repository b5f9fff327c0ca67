import { type Clock, type OneTime, secretDigest } from "@latchkey/engine";
import { type Store, systemContext } from "../store/store.ts";

/** Kept longer than asked for, so that nodes whose clocks are behind find it too. */
const CLOCK_DIFFERENCE_MILLIS = 300_000;

/** Claims by insert-or-fail in the store, for all nodes that share its database. */
export function createStoreOneTime(
  store: Pick<Store, "write" | "oneTimeUses">,
  api: string,
  clock: Clock,
): OneTime {
  return {
    async claim(key, until) {
      const at = clock();
      const expiresAt = Math.max(at, Math.ceil(until)) + CLOCK_DIFFERENCE_MILLIS;
      const claim = { digest: secretDigest(key), expiresAt };
      return (await store.write("claimOnce", claim, systemContext(api, at))).output.first;
    },
    isClaimed: (key) => store.oneTimeUses.isClaimed(api, secretDigest(key), clock()),
  };
}
