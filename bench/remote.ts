import { Agent, request as httpRequest } from "node:http";
import { createRemoteVerifier } from "@latchkey/sdk";
import { shotsAt } from "./http.ts";
import { issueKeys, newInstallation } from "./latchkey-process.ts";
import type { Shot } from "./load.ts";
import { untilReady } from "./pinned-process.ts";
import { median, quantile, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const IN_FLIGHT = 64;
const TIMES = IN_FLIGHT * 300;
const ONE_BY_ONE = 100;
const KEYS = 100;
/** As `shotsAt` describes it to the others. */
const REQUEST = {
  ...{ method: "GET", target: "/v2/users/user_123?expand=projects" },
  ...{ address: "192.0.2.1", secure: true },
};
const HEADERS = ["Host", "api.example.com", "Accept", "application/json", "User-Agent", "client/1"];

/** Asks about one request, and throws unless it may pass. */
interface Way {
  readonly name: string;
  ask(): Promise<void>;
}

/**
 * What it costs a client to have the server decide: the SDK's remote verifier beside the same
 * question sent with `http.request` and with `fetch`, one by one and 64 at a time.
 */
export async function benchRemote({ rounds }: { readonly rounds: number }): Promise<void> {
  const installation = newInstallation();
  const { origin, ...running } = await installation.start();
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  try {
    await untilReady(running, `${origin}/readyz`);
    const keys = await issueKeys(origin, installation.operatorToken, KEYS);
    const shots = keys.map((key) => shotsAt(origin, installation.operatorToken, [key]).verify);
    const { way, close } = remoteVerifier(origin, installation.operatorToken, keys);
    const ways = [way, bareRequest(shots, agent), bareFetch(shots)];
    await printCosts(ways, rounds);
    await printLatencies(ways, rounds);
    await close();
  } finally {
    agent.destroy();
    await running.stop();
    installation.remove();
  }
}

async function printCosts(ways: readonly Way[], rounds: number): Promise<void> {
  const timings = await raceAwaited(
    ways.map(({ name, ask }) => ({
      name,
      async run(times) {
        let rest = times;
        const chain = async () => {
          while (rest > 0) {
            rest -= 1;
            await ask();
          }
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, chain));
      },
    })),
    { rounds, times: TIMES },
  );
  const [ours] = timings;
  if (ours === undefined) throw new Error("the race lost a contender");
  const goals = ["25 µs", "3.5", "15"];
  printTable(
    `${IN_FLIGHT} questions at a time, the client's side`,
    ["", "answers/s", "CPU µs each", "÷ remote verifier", "goal"],
    timings.map((timing, i) => [
      timing.name,
      whole(median(timing.ratesByClock)),
      (1e6 / median(timing.rates)).toFixed(1),
      ratioTo(timing, ours).toFixed(1),
      goals[i] ?? "",
    ]),
  );
}

async function printLatencies(ways: readonly Way[], rounds: number): Promise<void> {
  const millis = ways.map(() => [] as number[]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { ask }] of ways.entries()) {
      for (let n = 0; n < ONE_BY_ONE; n += 1) {
        const start = performance.now();
        await ask();
        millis[i]?.push(performance.now() - start);
      }
    }
  }
  const medians = millis.map(median);
  printTable(
    "One by one, ms",
    ["", "p50", "p99", "÷ http.request"],
    ways.map(({ name }, i) => [
      name,
      (medians[i] ?? 0).toFixed(3),
      quantile(millis[i] ?? [], 0.99).toFixed(3),
      `${((medians[i] ?? 0) / (medians[1] ?? 0)).toFixed(2)}${i === 0 ? " (goal 1.10)" : ""}`,
    ]),
  );
}

function remoteVerifier(url: string, token: string, keys: readonly string[]) {
  const onProblem = ({ message }: { readonly message: string }) => console.error(message);
  const verifier = createRemoteVerifier({ url, token, api: "standard", onProblem });
  const nextLine = inTurn(keys.map((key) => `Bearer ${key}`));
  const ask = async () => {
    const headers = [...HEADERS, "Authorization", nextLine()];
    const { outcome } = await verifier.verify({ ...REQUEST, headers });
    if (outcome !== "allow") throw new Error("a key of the bench was refused");
  };
  return { way: { name: "remote verifier", ask }, close: verifier.close };
}

function bareRequest(shots: readonly Shot[], agent: Agent): Way {
  const next = inTurn(
    shots.map(({ url, method, headers, body }) => {
      const text = body ?? "";
      const all = { ...headers, "Content-Length": Buffer.byteLength(text) };
      return { url, method, all, text };
    }),
  );
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const { url, method, all, text } = next();
      const sent = httpRequest(url, { method, headers: all, agent }, (answer) => {
        let told = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          told += chunk;
        });
        answer.on("end", () => {
          if (JSON.parse(told).outcome === "allow") resolve();
          else reject(new Error(told));
        });
      });
      sent.on("error", reject);
      sent.end(text);
    });
  return { name: "http.request", ask };
}

function bareFetch(shots: readonly Shot[]): Way {
  const next = inTurn(shots);
  return {
    name: "fetch",
    async ask() {
      const { url, method, headers, body } = next();
      const answer = await fetch(url, { method, headers, body });
      const told = (await answer.json()) as { readonly outcome: string };
      if (told.outcome !== "allow") throw new Error("a key of the bench was refused");
    },
  };
}

/** Each of them, again and again. */
function inTurn<One>(all: readonly One[]): () => One {
  let taken = 0;
  return () => {
    const one = all[taken % all.length] as One;
    taken += 1;
    return one;
  };
}
