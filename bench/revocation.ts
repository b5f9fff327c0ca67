import { createVerifier, type Verifier } from "@latchkey/sdk";
import { type Installation, issueKey, newInstallation, revokeKey } from "./latchkey-process.ts";
import { untilReady } from "./pinned-process.ts";
import { startRawNotify } from "./raw-notify.ts";
import { quantile } from "./rounds.ts";
import { printTable } from "./table.ts";

const VERIFIERS = 10;

/**
 * How long after `revoke` was called the last of ten verifiers lets a key pass, all of them asked
 * about it without a pause; and how long until the receipt counts all of them. On the PostgreSQL of
 * `LATCHKEY_DATABASE_URL`, whose database should be an empty one, with three nodes, beside the
 * shortest way there is; without it on SQLite with one.
 */
export async function benchRevocation(revocations: number): Promise<void> {
  const databaseUrl = process.env.LATCHKEY_DATABASE_URL;
  const installation = newInstallation(databaseUrl);
  const nodes = [];
  for (let n = 0; n < (databaseUrl === undefined ? 1 : 3); n += 1) {
    const node = await installation.start();
    await untilReady(node, `${node.origin}/readyz`);
    nodes.push(node);
  }
  const origins = nodes.map(({ origin }) => origin);
  const verifiers: Verifier[] = [];
  for (let n = 0; n < VERIFIERS; n += 1) {
    const url = origins[n % origins.length] ?? "";
    const token = installation.operatorToken;
    verifiers.push(await createVerifier({ url, token, api: "standard" }));
  }

  const rawNotify = databaseUrl === undefined ? undefined : await startRawNotify(databaseUrl);
  const passed: number[] = [];
  const confirmed: number[] = [];
  const raw: number[] = [];
  for (let n = 0; n < revocations; n += 1) {
    const origin = origins[n % origins.length] ?? "";
    const times = await revokeOne({ origin, installation, verifiers });
    passed.push(times.passed);
    confirmed.push(times.confirmed);
    if (rawNotify !== undefined) raw.push(await rawNotify.once());
  }
  const row = (name: string, values: readonly number[]) => [
    name,
    ...[0.5, 0.99, 1].map((q) => quantile(values, q).toFixed(1)),
  ];
  printTable(
    `${revocations} revocations, ${nodes.length} nodes, ${VERIFIERS} verifiers, milliseconds`,
    ["since revoke was called", "p50", "p99", "most"],
    [
      row("a request passed last", passed),
      row("the receipt counts all", confirmed),
      ...(raw.length === 0 ? [] : [row("a bare insert, NOTIFY and push", raw)]),
    ],
  );
  console.log("  goal: p99 ≤ 50 ms for the last request that passes");
  await rawNotify?.close();
  for (const verifier of verifiers) await verifier.close();
  for (const node of nodes) await node.stop();
  installation.remove();
}

interface Setting {
  readonly origin: string;
  readonly installation: Installation;
  readonly verifiers: readonly Verifier[];
}

async function revokeOne({ origin, installation, verifiers }: Setting) {
  const { id, key } = await issueKey(origin, installation.operatorToken);
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/auth/test", headers, address: "::1", secure: true };
  await Promise.all(verifiers.map((verifier) => verifier.verify(request)));
  const start = performance.now();
  let isOver = false;
  const receipt = revokeKey(origin, installation.operatorToken, id).then(() => {
    isOver = true;
    return performance.now() - start;
  });
  let passed = 0;
  for (let more = true; more; ) {
    const decisions = verifiers.map((verifier) => verifier.verify(request));
    if (decisions.some((each) => "outcome" in each && each.outcome === "allow")) {
      passed = performance.now() - start;
    } else if (isOver) {
      more = false;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { passed, confirmed: await receipt };
}
