import { authPeers } from "./auth-peers.ts";
import { measure } from "./contenders.ts";
import { bareHashOf, bareMapOf, cursor, shuffled } from "./decide.ts";
import { shotsAt } from "./http.ts";
import { issueKeys, newInstallation } from "./latchkey-process.ts";
import { untilReady } from "./pinned-process.ts";
import { median, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";
import { decisionsOf, verifierKnowing } from "./verifier.ts";

const KEYS = 10_000;
/** Runs of the fast ones in a round: short enough that most rounds are not interrupted. */
const TIMES = 500;
const HTTP = { rounds: 3, seconds: 1 };

/**
 * Decisions through the SDK beside libraries that check a key or a token in the API's own process,
 * all with everything in memory, and beside Latchkey's own HTTP `verify`. Issue 5 asks for 100 times
 * what better-auth does, the notes on performance for 3 times what the other two do.
 */
export async function benchInProcess({ rounds }: { readonly rounds: number }): Promise<void> {
  const { verifier, keys, lines, stop } = await verifierKnowing(KEYS);
  const order = shuffled(KEYS);
  const ours = decisionsOf(verifier, lines, order);
  const timings = await raceAwaited(
    [
      ours,
      bareHashOf(keys, order),
      bareMapOf(keys, order),
      ...(await authPeers(lines, cursor(order))),
    ],
    { rounds, times: TIMES },
  );
  await stop();
  const byClock = timings.map(({ name, ratesByClock }) => ({ name, rates: ratesByClock }));
  const [latchkey] = byClock;
  if (latchkey === undefined) throw new Error("the race lost a contender");
  const overHttp = await httpMicros();
  const micros = 1e6 / median(latchkey.rates);
  printTable(
    `In one process, ${whole(KEYS)} keys in random order`,
    ["", "a second", "µs", "Latchkey ÷ it"],
    [
      ...byClock.map((timing) => {
        const rate = median(timing.rates);
        const ratio = ratioTo(timing, latchkey).toFixed(2);
        return [timing.name, whole(rate), (1e6 / rate).toFixed(2), ratio];
      }),
      [
        "POST verify, processor time of the server",
        whole(1e6 / overHttp),
        overHttp.toFixed(2),
        (overHttp / micros).toFixed(2),
      ],
    ],
  );
}

/** Microseconds of the server's processor for one decision that is asked for over HTTP. */
async function httpMicros(): Promise<number> {
  const installation = newInstallation();
  const { origin, ...running } = await installation.start();
  try {
    await untilReady(running, `${origin}/readyz`);
    const keys = await issueKeys(origin, installation.operatorToken, 1);
    const { verify: shot } = shotsAt(origin, installation.operatorToken, keys);
    const [result] = measure([{ name: "POST verify", running, shot, decisions: 1 }], HTTP);
    return result.cpuMicros;
  } finally {
    await running.stop();
    installation.remove();
  }
}
