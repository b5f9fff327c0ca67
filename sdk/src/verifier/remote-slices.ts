import type { AskLender, AwayAnswer, LeaseAnswer, LeaseQuestion } from "@latchkey/engine";
import { gatheredCalls } from "./gathered-calls.ts";
import type { ServerLink } from "./server-link.ts";

/** One slice, as the server sends it. */
interface WireSlice extends Pick<LeaseAnswer, "granted" | "lent" | "exceeded" | "decidedBy"> {
  readonly windows: readonly { readonly remaining: number; readonly resetMillis: number }[];
  readonly away?: AwayAnswer;
}

/** Whoever waits longer is better served by a decision of the server. */
const TIMEOUT_MILLIS = 1000;

/** Asks the server to count, and to lend. Rejects when it does not answer. */
export function askForSlices(link: Pick<ServerLink, "post">): AskLender {
  const ask = gatheredCalls<LeaseQuestion, WireSlice>({
    link,
    path: "/slices",
    timeoutMillis: TIMEOUT_MILLIS,
    write: (questions) => ({ slices: questions.map(toWire) }),
    // Written by the server's own slices route.
    read: (answer) => (answer as { readonly slices?: readonly WireSlice[] }).slices,
  });
  return async (question) => {
    const { windows, away, decidedBy, ...slice } = await ask(question);
    if (away !== undefined) return away;
    return {
      ...slice,
      numbers: windows.flatMap(({ remaining, resetMillis }) => [remaining, resetMillis]),
      // What is local to the server is not to us.
      decidedBy: decidedBy === "local" ? "server" : decidedBy,
    };
  };
}

function toWire({ limit, key, need, spare }: LeaseQuestion): object {
  return { limit: limit.id, key: Buffer.from(key).toString("base64url"), need, spare };
}
