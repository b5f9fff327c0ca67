import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { createVerifier } from "@latchkey/sdk";

/**
 * A process of its own that decides in memory. For each key that it is told on a line it demands
 * until it is refused again and again. It writes a byte for each decision before the next one, so
 * that what passed is known of a process that was killed, too.
 */
const { VERIFIER_URL = "", VERIFIER_TOKEN = "" } = process.env;
const REFUSALS = 3;

const verifier = await createVerifier({
  url: VERIFIER_URL,
  token: VERIFIER_TOKEN,
  api: "standard",
});
writeSync(1, "r");
for await (const key of createInterface({ input: process.stdin })) {
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/users", headers, address: "::1", secure: true };
  for (let refused = 0; refused < REFUSALS; ) {
    const decision = await verifier.verify(request);
    if (decision.outcome === "allow") writeSync(1, ".");
    else if (decision.reason === "rate_limited") refused += 1;
    else writeSync(1, "?");
    // Whoever never rests gives nobody else a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  writeSync(1, "e");
}
await verifier.close();
