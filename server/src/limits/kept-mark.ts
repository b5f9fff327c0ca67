import { randomUUID } from "node:crypto";
import type { Send } from "./count-script.ts";

/** Tells a Redis that has lost what was counted from one that has kept it. */
export interface KeptMark {
  /** How often it was found lost. */
  readonly losses: number;
  /** Leaves a mark if there is none; whether the one that was there before is gone. */
  isLost(send: Send): Promise<boolean>;
}

const MARK_KEY = "latchkey:mark";

/** Nothing is known of a mark before it is looked for. */
export function createKeptMark(): KeptMark {
  let known: string | undefined;
  let losses = 0;
  return {
    get losses() {
      return losses;
    },
    async isLost(send) {
      // The first node that comes leaves it, and all others find it.
      await send(MARK_KEY, ["SET", MARK_KEY, randomUUID(), "NX"]);
      const found = String(await send(MARK_KEY, ["GET", MARK_KEY]));
      const isLost = known !== undefined && found !== known;
      known = found;
      if (isLost) losses += 1;
      return isLost;
    },
  };
}
