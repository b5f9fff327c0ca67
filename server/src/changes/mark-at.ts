import type { Store } from "../store/store.ts";
import { lineOf, markOf } from "./recent-lines.ts";

/** The mark of no change. */
const NO_MARK = "";

/** What tells the change of this number from any other with it, as the database has it now. */
export async function markAt(
  changes: Pick<Store["changes"], "after">,
  api: string,
  seq: number,
): Promise<string> {
  const [change] = seq === 0 ? [] : await changes.after(api, seq - 1, 1);
  return change?.seq === seq ? markOf(lineOf(change)) : NO_MARK;
}
