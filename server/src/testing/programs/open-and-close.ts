import { openStore } from "../../store/open-store.ts";
import { keptLog } from "../log.ts";
import { frozenClock } from "../now.ts";

// Opens and closes the database named on the command line; prints what was logged or the error.

const [url = ""] = process.argv.slice(2);
const log = keptLog();
try {
  const store = await openStore({ url, clock: frozenClock(), log });
  await store.close();
  process.stdout.write(JSON.stringify(log.lines));
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  process.stdout.write(JSON.stringify({ name, message }));
  process.exitCode = 1;
}
