import { createGuardedFetch } from "../../outbound/guarded-fetch.ts";
import { openStore } from "../../store/open-store.ts";
import { createSealing } from "../../store/sealing.ts";
import { ATTEMPT_LIMITS } from "../../webhooks/attempt.ts";
import { startSender } from "../../webhooks/sender.ts";
import { keptLog } from "../log.ts";

// Sends the webhooks of the database named on the command line until it is killed.

const [url = ""] = process.argv.slice(2);
const clock = () => Date.now();
const log = keptLog();
const store = await openStore({ url, clock, log });
startSender({
  ...{ store, clock, log, everyMillis: 50 },
  sealing: createSealing([new Uint8Array(32).fill(7)]),
  fetch: createGuardedFetch({ ...ATTEMPT_LIMITS, allow: ["127.0.0.1"] }),
  monotonic: () => performance.now(),
  random: Math.random,
});
process.stdout.write("sending\n");
setInterval(() => undefined, 60_000);
