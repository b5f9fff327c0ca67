import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { openStore } from "../../store/open-store.ts";
import { aContext, anAccount, anApiKey } from "../builders.ts";
import { keptLog } from "../log.ts";
import { frozenClock } from "../now.ts";

// Writes to the database named on the command line until its log may grow no more (a limit that
// the kernel sets for this process stands for the full disk), then lifts the limit and goes on.
// Prints what was acknowledged, how the others were refused, and whether it was ready before and
// after there was room.

const [path = ""] = process.argv.slice(2);
const store = await openStore({ url: `sqlite:${path}`, clock: frozenClock(), log: keptLog() });
await store.write("createAccount", anAccount(), aContext());
const room = statSync(`${path}-wal`).size + 200_000;
limit(`${room}:unlimited`);

const acknowledged: string[] = [];
const refused = new Map<string, number>();
for (let round = 0; round < 20; round += 1) {
  const writes = Array.from({ length: 50 }, async (_, n) => {
    const key = anApiKey({ n: round * 50 + n });
    try {
      acknowledged.push((await store.write("issueCredential", key, aContext())).output.id);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      refused.set(said, (refused.get(said) ?? 0) + 1);
    }
  });
  await Promise.all(writes);
}
limit("0:unlimited");
await store.write("issueCredential", anApiKey({ n: 9998 }), aContext()).catch(() => undefined);
const isReady = () =>
  store.ping().then(
    () => true,
    () => false,
  );
const ready = [await isReady()];
limit("unlimited:unlimited");
ready.push(await isReady());
const after = (await store.write("issueCredential", anApiKey({ n: 9999 }), aContext())).output.id;
await store.close();
process.stdout.write(JSON.stringify({ acknowledged, refused: [...refused], ready, after }));

function limit(bytes: string): void {
  execFileSync("prlimit", [`--pid=${process.pid}`, `--fsize=${bytes}`]);
}
