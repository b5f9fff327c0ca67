import { benchByHand } from "./by-hand.ts";
import { benchChurn } from "./churn.ts";
import { benchColdMiss } from "./cold-miss.ts";
import { benchDecide } from "./decide.ts";
import { benchHttp } from "./http.ts";
import { benchInProcess } from "./in-process.ts";
import { benchMiddleware } from "./middleware.ts";
import { benchMillion } from "./million.ts";
import { benchNginx } from "./nginx.ts";
import { benchOAuth } from "./oauth.ts";
import { benchRemote } from "./remote.ts";
import { benchRevocation } from "./revocation.ts";
import { benchSeenTokens } from "./seen-tokens.ts";
import { benchSharedLimits } from "./shared-limits.ts";
import { benchStart } from "./start.ts";
import { benchTokens } from "./tokens.ts";
import { benchUsage } from "./usage.ts";
import { benchVerifier } from "./verifier.ts";
import { benchWebhookHang } from "./webhook-hang.ts";
import { benchWebhookKills } from "./webhook-kills.ts";
import { benchWebhookQueue } from "./webhook-queue.ts";
import { benchWebhooks } from "./webhooks.ts";

/** How long a bench may take; `million` adds the in-process run with a million keys. */
interface Length {
  readonly quick: boolean;
  readonly million: boolean;
}

const BENCHES: Readonly<Record<string, (length: Length) => Promise<void>>> = {
  "by-hand": ({ quick }) =>
    benchByHand(quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 }),
  "cold-miss": ({ quick }) => benchColdMiss({ rounds: quick ? 5 : 31 }),
  decide: async ({ million }) => {
    // First, while memory is as it was when the process started.
    if (million) await benchMillion();
    await benchDecide(10_000);
    if (million) await benchDecide(1_000_000);
  },
  http: ({ quick }) => benchHttp(quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 }),
  "in-process": ({ quick }) => benchInProcess({ rounds: quick ? 101 : 601 }),
  nginx: ({ quick }) => benchNginx(quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 }),
  oauth: ({ quick }) => benchOAuth(quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 }),
  middleware: ({ quick }) =>
    benchMiddleware(quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 }),
  "shared-limits": ({ quick }) => benchSharedLimits({ rounds: quick ? 3 : 11 }),
  start: ({ quick }) =>
    benchStart(quick ? { rounds: 3, idleSeconds: 2 } : { rounds: 9, idleSeconds: 10 }),
  tokens: async ({ quick }) => {
    await benchTokens({ rounds: quick ? 5 : 41 });
    await benchSeenTokens(quick ? 5 : 61);
  },
  remote: ({ quick }) => benchRemote({ rounds: quick ? 5 : 21 }),
  revocation: ({ quick }) => benchRevocation(quick ? 50 : 1000),
  usage: ({ quick }) => benchUsage({ rounds: quick ? 5 : 31 }),
  verifier: async ({ million }) => {
    await benchVerifier(10_000);
    if (million) await benchVerifier(1_000_000);
  },
  churn: benchChurn,
  webhooks: async ({ quick }) => {
    await benchWebhooks({ rounds: quick ? 3 : 9 });
    await benchWebhookHang({ rounds: quick ? 3 : 9 });
    await benchWebhookQueue({ events: quick ? 100_000 : 1_000_000, seconds: 20 });
  },
  "webhook-kills": ({ quick }) =>
    benchWebhookKills(quick ? { events: 300, kills: 3 } : { events: 10_000, kills: 30 }),
};

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith("--"));
const unknown = names.find((name) => BENCHES[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no bench ${JSON.stringify(unknown)}: ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  const length = { quick: args.includes("--quick"), million: args.includes("--million") };
  for (const name of names.length === 0 ? Object.keys(BENCHES) : names) {
    await BENCHES[name]?.(length);
  }
}
