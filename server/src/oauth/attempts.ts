import { type Clock, failureBucket } from "@latchkey/engine";

/** How often an address may do what it should seldom do. */
export interface Attempts {
  /** Seconds until it may go on; 0: it may now. */
  waitSeconds(address: string | undefined): number;
  /** Counts one. */
  count(address: string | undefined): void;
}

interface AttemptRule {
  readonly most: number;
  readonly windowSeconds: number;
  readonly clock: Clock;
}

/** Addresses that are remembered at once; the one that was counted longest ago goes first. */
const MOST_ADDRESSES = 10_000;

/** Counts by address, an IPv6 address by its /64, in windows that its first attempt opens. */
export function createAttempts({ most, windowSeconds, clock }: AttemptRule): Attempts {
  const windows = new Map<string, { count: number; readonly endsAt: number }>();
  const live = (bucket: string) => {
    const window = windows.get(bucket);
    return window !== undefined && window.endsAt > clock() ? window : undefined;
  };
  return {
    waitSeconds(address) {
      const window = live(failureBucket(address));
      if (window === undefined || window.count < most) return 0;
      return Math.ceil((window.endsAt - clock()) / 1000);
    },
    count(address) {
      const bucket = failureBucket(address);
      const window = live(bucket);
      if (window !== undefined) {
        window.count += 1;
        return;
      }
      windows.delete(bucket);
      windows.set(bucket, { count: 1, endsAt: clock() + windowSeconds * 1000 });
      if (windows.size > MOST_ADDRESSES) windows.delete(windows.keys().next().value ?? "");
    },
  };
}
