import { hash } from "node:crypto";
import path from "node:path";
import type { Clock, Engine } from "@latchkey/engine";
import { aRequest, engineOf, flat } from "./decide-setup.ts";
import { run } from "./pinned-process.ts";
import type { Contender } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const ALONE = path.join(import.meta.dirname, "decide-alone.ts");
const MANY = 100_000;

/** What is decided about, and by which clock. */
export const SUBJECTS = ["key, 1 ms clock", "key, Date.now", "access token, 1 ms clock"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** What a process found in which one engine decided, and nothing else ran but what it is beside. */
export interface FoundAlone {
  /** In nanoseconds; ratios are medians of all rounds' ratios. */
  readonly hash: number;
  readonly map: number;
  readonly decision: number;
  readonly ratio: number;
  /** Of single decisions, the timer's own time included. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** What issue 2 asks with 10,000 keys, and issue 5 with a million in random order. */
const GOALS = {
  few: { ratio: "≥ 0.55, wanted 0.70", tail: "≤ 10 ×" },
  million: { ratio: "≥ 0.40", tail: "≤ 30 ×" },
};

/** OpenSSL as on a processor without instructions of its own for SHA-256: OPENSSL_ia32cap(3). */
const WITHOUT_SHA = { OPENSSL_ia32cap: ":~0x20000000" };

/** What is run, and what its row is called. */
interface Alone {
  readonly name: string;
  readonly subject: Subject;
  readonly env?: Readonly<Record<string, string>>;
}

const ALL: readonly Alone[] = [
  ...SUBJECTS.map((subject) => ({ name: subject, subject })),
  ...(process.arch === "x64"
    ? [{ name: "key; SHA-256 in software", subject: SUBJECTS[0], env: WITHOUT_SHA }]
    : []),
];

/**
 * In-process decisions beside one bare SHA-256 of the same bytes and a bare `Map` lookup of strings
 * never hashed before: a key with scopes and two limit windows, all keys in turn in random order.
 * Each in a process of its own, as an API has one engine.
 */
export function benchDecide(keyCount: number): void {
  const goals = keyCount >= MANY ? GOALS.million : GOALS.few;
  const rows = ALL.map((alone) => {
    const { hash, map, decision, ratio, p50, p99, p999 } = decidedAlone(alone, keyCount);
    return [
      ...[alone.name, whole(1e9 / decision), whole(decision), ratio.toFixed(2)],
      ...[whole(hash), whole(map), whole(p50), whole(p99), whole(p999), (p999 / p50).toFixed(1)],
    ];
  });
  printTable(
    `In process, ${whole(keyCount)} keys in random order (goal: ${goals.ratio} of a bare SHA-256;` +
      ` p99.9 ${goals.tail} p50; a token like a key)`,
    [
      ...["decide about a", "a second", "ns", "÷ hash", "hash", "Map.get"],
      ...["p50", "p99", "p99.9", "÷ p50"],
    ],
    rows,
  );
}

function decidedAlone({ subject, env }: Alone, keyCount: number): FoundAlone {
  const command = [
    process.execPath,
    ...process.execArgv,
    ALONE,
    subject,
    String(keyCount),
  ] as const;
  return JSON.parse(run("server", command, env)) as FoundAlone;
}

/** One SHA-256 of a key after the other. */
export function bareHashOf(keys: readonly string[], order: Uint32Array): Contender {
  const next = cursor(order);
  let sink = 0;
  return {
    name: "bare crypto.hash",
    run(times) {
      for (let i = 0; i < times; i += 1) {
        sink += hash("sha256", keys[next()] as string, "latin1").charCodeAt(0);
      }
      if (sink < 0) throw new Error("unreachable: keeps the loop from being left out");
    },
  };
}

/** One lookup of a string never hashed before after the other. */
export function bareMapOf(keys: readonly string[], order: Uint32Array): Contender {
  const next = cursor(order);
  const map = new Map(keys.map((key, i) => [key, i]));
  let copies: string[] = [];
  let sink = 0;
  return {
    name: "bare Map.get",
    prepare(times) {
      copies = Array.from({ length: times }, () => flat(keys[next()] as string));
    },
    run(times) {
      for (let i = 0; i < times; i += 1) sink += map.get(copies[i] as string) ?? 0;
      if (sink < 0) throw new Error("unreachable: keeps the loop from being left out");
    },
  };
}

/** An engine, the lines that it knows, and the order in which they are presented. */
export interface Known {
  readonly engine: Engine;
  readonly lines: readonly string[];
  readonly order: Uint32Array;
}

/** One decision of an engine after the other. */
export function decisionsOf(name: string, { engine, lines, order }: Known): Contender {
  const next = cursor(order);
  // Strings of its own: the contender before has left its own in the processor's caches.
  const own = lines.map(flat);
  const request = aRequest();
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i += 1) {
        request.present(own[next()] as string);
        const decision = engine.decide(request);
        if (decision instanceof Promise || decision.outcome !== "allow") throw new Error(name);
      }
    },
  };
}

/** An engine to which every key was presented once. */
export async function engineKnowing(lines: readonly string[], clock: Clock): Promise<Engine> {
  let presented = 0;
  const engine = engineOf(() => presented, clock);
  const request = aRequest();
  for (; presented < lines.length; presented += 1) {
    request.present(lines[presented] as string);
    const decision = await engine.decide(request);
    if (decision.outcome !== "allow") throw new Error(decision.reason);
  }
  return engine;
}

/** The indexes of `order` in turn, for ever. */
export function cursor(order: Uint32Array): () => number {
  let at = -1;
  return () => {
    at = at + 1 === order.length ? 0 : at + 1;
    return order[at] as number;
  };
}

/** The whole numbers below `length`, each once, in random order. */
export function shuffled(length: number): Uint32Array {
  const order = new Uint32Array(length).map((_, i) => i);
  for (let i = length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
