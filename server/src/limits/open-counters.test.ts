import { type CompiledLimit, ONE_REQUEST, type Policy } from "@latchkey/engine";
import { expect, test } from "vitest";
import { frozenClock } from "../testing/now.ts";
import { openCounters } from "./open-counters.ts";

const log = { info: () => undefined, warn: () => undefined };

/** One request an hour, of the limit with this id. */
const onceAnHour = (id: string): CompiledLimit => ({
  id,
  per: "credential",
  windows: [{ name: "hour", max: 1, windowSeconds: 3600, blockSeconds: 0 }],
  refuseWhen: "any",
});

test.each([
  ["in this process", undefined],
  ["while Redis is away", "redis://127.0.0.1:1"],
])(
  "limits that one API has made up have no other API's forgotten: %s",
  async (_where, redisUrl) => {
    const clock = frozenClock();
    const counters = await openCounters({ redisUrl, clock, monotonic: clock, log });
    const limiterOf = (slug: Policy["slug"]) => {
      return counters.limiterOf({ slug, countersAway: "local" });
    };
    const [acme, other] = [limiterOf("acme"), limiterOf("other")];
    expect(await acme.spend(onceAnHour("own"), "key_1", clock())).toMatchObject({
      exceeded: false,
    });
    for (let n = 0; n < 20_001; n += 1) {
      await other.lend(onceAnHour(`made up ${n}`), "key_2", clock(), ONE_REQUEST);
    }
    expect(await acme.spend(onceAnHour("own"), "key_1", clock())).toMatchObject({ exceeded: true });
    await counters.close();
  },
);
