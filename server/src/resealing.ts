import type { Clock } from "@latchkey/engine";
import { resealSecrets, resealWebhookSecrets } from "./accounts/resealing.ts";
import { resealIssuerKeys } from "./oauth/issuer-keys.ts";
import { resealSeeds } from "./sign-in/second-factors.ts";
import type { Sealing } from "./store/sealing.ts";
import type { Store } from "./store/store.ts";
import type { StoreLog } from "./store/store-log.ts";

/**
 * Brings what an older master key sealed under the newest, so that the old one can be dropped; never
 * rejects. `until` ends it early, and the next start goes on: there may be a million secrets.
 */
export async function resealAll(parts: {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly until: AbortSignal;
  readonly log: StoreLog;
}): Promise<void> {
  const { until, log } = parts;
  try {
    for (const reseal of [resealSecrets, resealWebhookSecrets, resealIssuerKeys]) {
      const { resealed, lost } = await reseal(parts);
      if (resealed > 0) log.info({ resealed }, "sealed secrets anew under the newest master key");
      if (lost.length > 0) log.warn({ lost }, "no master key here opens the secrets of these");
    }
    const seeds = await resealSeeds(parts);
    if (seeds.resealed > 0) log.info(seeds, "sealed seeds anew under the newest master key");
    if (seeds.lost > 0) log.warn(seeds, "no master key here opens the seeds of some people");
  } catch (fault) {
    if (until.aborted) {
      log.info({}, "sealing secrets anew was cut short; the next start goes on");
      return;
    }
    log.warn({ err: fault }, "could not look for secrets to seal anew");
  }
}
