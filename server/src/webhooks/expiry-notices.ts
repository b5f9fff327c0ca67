import type { Clock } from "@latchkey/engine";
import { type Repeating, startRepeating } from "../store/repeating.ts";
import { type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";

interface NoticeParts {
  readonly store: Pick<Store, "write" | "webhooks">;
  /** Slugs. */
  readonly apis: readonly string[];
  readonly clock: Clock;
  readonly log: StoreLog;
}

const EVERY_MILLIS = 60_000;

/** Tells of API keys that are about to expire, in the background, on whichever node looks first. */
export function startExpiryNotices({ store, apis, clock, log }: NoticeParts): Repeating {
  return startRepeating({
    everyMillis: EVERY_MILLIS,
    async round() {
      for (const api of apis) {
        const at = clock();
        const context = systemContext(api, at);
        let more = await store.webhooks.areExpiring(api, at);
        while (more) {
          more = (await store.write("tellOfExpiringKeys", undefined, context)).output.more;
        }
      }
    },
    onError: (error) => log.warn({ err: error }, "could not look for keys that expire soon"),
  });
}
