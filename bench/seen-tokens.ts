import { createHmac, createPublicKey, createSecretKey, hash, timingSafeEqual } from "node:crypto";
import { coarseClock, type VerifiedToken, VerifiedTokens } from "@latchkey/engine";
import { createVerifier } from "fast-jwt";
import jsonwebtoken from "jsonwebtoken";
import { flat } from "./decide-setup.ts";
import { type Contender, median, race, ratioTo, type Timing } from "./rounds.ts";
import {
  customerJwts,
  SEEN_TOKENS,
  type SentToken,
  sharedSecretJwts,
  signedRequests,
  type TokenTraffic,
} from "./seen-setup.ts";
import { printTable, whole } from "./table.ts";

const GOAL_RATE = 500_000;
const GOAL_RATIO = 2.5;
const GOAL_SIGNED = 1.5;
/** What remembers nothing is only shown for scale: with fewer tokens, or it would take minutes. */
const FEW_TOKENS = 100;
const FIRST_SIGHT_TOKENS = 500;

/**
 * Whole decisions, with scopes and two windows, about tokens that were seen before: beside one bare
 * SHA-256 of each, a library that remembers what it verified, and one that does not. Every token
 * comes in a string of its own, as a parser makes it.
 */
export async function benchSeenTokens(rounds: number): Promise<void> {
  const clock = coarseClock(Date.now);
  for (const traffic of [customerJwts(clock), sharedSecretJwts(clock), signedRequests(clock)]) {
    await benchSeen(traffic, rounds);
  }
  await benchSignedAtFirstSight(signedRequests(clock), rounds);
}

async function benchSeen(traffic: TokenTraffic, rounds: number): Promise<void> {
  const sent = await presentAll(traffic);
  const tokens = sent.map(({ token, before }) => ({ token: bareToken(token), before }));
  const cached = cachedVerifier(traffic);
  for (const { token } of tokens) cached(token);
  const known = knowing(tokens);
  const { algorithm, verifyingKey } = traffic;
  const key =
    typeof verifyingKey === "string"
      ? createPublicKey(verifyingKey)
      : createSecretKey(verifyingKey);
  const uncached = ({ token }: SentToken) => {
    return jsonwebtoken.verify(token, key, { algorithms: [algorithm] }) !== "";
  };
  const times = SEEN_TOKENS;
  const [bare, latchkey, alone, library] = race(
    [
      copying("bare crypto.hash", tokens, ({ token }) => hash("sha256", token, "latin1") !== ""),
      copying("Latchkey, whole decision", sent, (each) => traffic.passes(each) === true),
      copying("Latchkey, token alone", tokens, ({ token }) => {
        return known.find({ text: token, start: 0 }, Date.now()) !== undefined;
      }),
      copying("fast-jwt, its cache", tokens, ({ token }) => cached(token) !== undefined),
    ],
    { rounds, times },
  );
  const [slow] = race([copying("jsonwebtoken", tokens, uncached)], { rounds, times: FEW_TOKENS });
  if (!bare || !latchkey || !alone || !library || !slow)
    throw new Error("the race lost a contender");
  printTimings(`${traffic.name}, ${whole(times)} tokens seen before:`, [
    bare,
    latchkey,
    alone,
    library,
    slow,
  ]);
  console.log(
    `  Latchkey ${whole(median(latchkey.rates))} /s (goal ≥ ${whole(GOAL_RATE)}),` +
      ` ÷ cache hit ${ratioTo(library, latchkey).toFixed(2)} (goal ≥ ${GOAL_RATIO.toFixed(2)});` +
      ` the token alone, as the library's: ${ratioTo(library, alone).toFixed(2)}`,
  );
}

/** Tokens that nobody has seen, new in each round: the decision, and the primitive alone. */
async function benchSignedAtFirstSight(traffic: TokenTraffic, rounds: number): Promise<void> {
  // The keys are known: a signature at first sight is no key at first sight.
  await presentAll(traffic);
  const secret = traffic.verifyingKey;
  const bareTokens = freshly(traffic, ({ token }) => {
    const end = token.lastIndexOf(".");
    const signature = Buffer.from(token.slice(end + 1), "base64url");
    return { data: Buffer.from(token.slice(0, end)), signature };
  });
  const [bare, latchkey] = race(
    [
      inTurn("bare createHmac", bareTokens, ({ data, signature }) =>
        timingSafeEqual(createHmac("sha256", secret).update(data).digest(), signature),
      ),
      inTurn(
        "Latchkey, whole decision",
        freshly(traffic, (each) => each),
        (each) => traffic.passes(each) === true,
      ),
    ],
    { rounds, times: FIRST_SIGHT_TOKENS },
  );
  if (!bare || !latchkey) throw new Error("the race lost a contender");
  printTimings(`${traffic.name}, signatures never seen before:`, [bare, latchkey]);
  const share = ratioTo(latchkey, bare);
  console.log(`  Latchkey takes ${share.toFixed(2)} × the bare HMAC (goal ≤ ${GOAL_SIGNED})`);
}

async function presentAll(traffic: TokenTraffic): Promise<readonly SentToken[]> {
  const sent = Array.from({ length: SEEN_TOKENS }, (_, i) => traffic.sent(i, 0));
  for (const each of sent) {
    if (!(await traffic.passes(each))) throw new Error(`${traffic.name} was refused`);
  }
  return sent;
}

function cachedVerifier({ verifyingKey, algorithm }: TokenTraffic): (token: string) => unknown {
  return createVerifier({
    key: verifyingKey,
    algorithms: [algorithm],
    cache: 2 * SEEN_TOKENS,
    cacheTTL: 3_600_000,
  });
}

/** What the engine remembers of tokens, without the engine. */
function knowing(tokens: readonly SentToken[]): VerifiedTokens {
  const known = new VerifiedTokens(100_000);
  const goodUntil = Date.now() + 3_600_000;
  for (const { token } of tokens) {
    const proven: VerifiedToken = {
      key: undefined,
      algorithm: "ES256",
      credentialId: "kid",
      place: 0,
      generation: 1,
      subject: "user",
      isUser: false,
      scopes: undefined,
      jti: undefined,
      expiresAt: goodUntil,
      rotation: undefined,
      goodUntil,
      effective: undefined,
      bucket: -1,
      ticket: 0,
    };
    known.add({ text: token, start: 0 }, proven);
  }
  return known;
}

function bareToken(line: string): string {
  return flat(line.slice(line.lastIndexOf(" ") + 1));
}

/** The tokens in turn, each time in a string that nobody has hashed yet. */
function copying(
  name: string,
  tokens: readonly SentToken[],
  accepts: (sent: SentToken) => boolean,
): Contender {
  let at = 0;
  const next = (): SentToken => {
    const { token, before } = tokens[at] as SentToken;
    at = (at + 1) % tokens.length;
    return { token: flat(token), before: before === undefined ? undefined : flat(before) };
  };
  return inTurn(name, (times) => Array.from({ length: times }, next), accepts);
}

/** Makes tokens that were never sent to the engine of this traffic. */
function freshly<Item>(
  traffic: TokenTraffic,
  made: (sent: SentToken) => Item,
): (times: number) => readonly Item[] {
  let round = 0;
  return (times) => {
    round += 1;
    return Array.from({ length: times }, (_, i) => made(traffic.sent(i, round)));
  };
}

function inTurn<Item>(
  name: string,
  made: (times: number) => readonly Item[],
  accepts: (item: Item) => boolean,
): Contender {
  let items: readonly Item[] = [];
  return {
    name,
    prepare(times) {
      items = made(times);
    },
    run(times) {
      for (let i = 0; i < times; i += 1) {
        if (!accepts(items[i] as Item)) throw new Error(`${name} refused`);
      }
    },
  };
}

function printTimings(title: string, timings: readonly Timing[]): void {
  const [bare] = timings;
  printTable(
    title,
    ["", "tokens/s", "ns", "× bare"],
    timings.map((timing) => [
      timing.name,
      whole(median(timing.rates)),
      (1e9 / median(timing.rates)).toFixed(0),
      bare === undefined ? "" : ratioTo(bare, timing).toFixed(2),
    ]),
  );
}
