import type { Store } from "../store/store.ts";
import { lineOf, markOf } from "./recent-lines.ts";

type ChangesOfStore = Pick<Store["changes"], "after">;

/** The mark of no change. */
const NO_MARK = "";
/** Those who follow the same changes are hardly further apart. */
const AT_ONCE = 32;

/** What tells the change of this number from any other with it, as the database has it now. */
export async function markAt(changes: ChangesOfStore, api: string, seq: number): Promise<string> {
  return (await marksAt(changes, api, [seq])).get(seq) ?? NO_MARK;
}

/** The same of each of several numbers, in as few reads as there are gaps between them. */
export async function marksAt(
  changes: ChangesOfStore,
  api: string,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const marks = new Map<number, string>();
  let readUpTo = 0;
  let page: Awaited<ReturnType<ChangesOfStore["after"]>> = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    if (seq > readUpTo) {
      page = await changes.after(api, seq - 1, seqs.length === 1 ? 1 : AT_ONCE);
      readUpTo = seq - 1 + AT_ONCE;
    }
    const change = page.find((each) => each.seq === seq);
    marks.set(seq, change === undefined ? NO_MARK : markOf(lineOf(change)));
  }
  return marks;
}
