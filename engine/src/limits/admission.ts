import type { Clock } from "../domain/clock.ts";
import { secondsToWait } from "../domain/limit.ts";
import { failureBucket } from "../domain/network.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { createMemoryLimiter } from "./limiter.ts";

/**
 * Counts unknown credentials against the address that presents them, never against a credential.
 * An address whose budget is spent is not listened to until its window ends; `limit` undefined:
 * every address always is.
 */
export function createAdmission(limit: CompiledLimit | undefined, clock: Clock) {
  const limiter = createMemoryLimiter({ maxKeys: 100_000 });
  return {
    listens: (address: string | undefined): boolean =>
      limit === undefined || !limiter.peek(limit, failureBucket(address), clock()).exceeded,
    failed(address: string | undefined): void {
      if (limit !== undefined) limiter.spend(limit, failureBucket(address), clock());
    },
    waitSeconds: (address: string | undefined): number =>
      limit === undefined ? 1 : secondsToWait(limiter.peek(limit, failureBucket(address), clock())),
  };
}
