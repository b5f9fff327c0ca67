import { preflightAnswer, SOLE_WRITER } from "@latchkey/engine";
import { baseOf, problemsTold, render, requestIds, tokenOf } from "./create-verifier.ts";
import { createDecider } from "./decider.ts";
import { createOnline } from "./online.ts";
import { openServerLink } from "./server-link.ts";
import type { RemoteVerifierOptions, Verifier } from "./verifier.ts";

const wall = () => Date.now();
const monotonic = () => performance.now();
/** Nothing is known here that could be good or stale. */
const NO_MEMORY = { engine: undefined };
const NO_LEASE = { lease: SOLE_WRITER, enter: () => false, leave: () => undefined };

/**
 * A verifier that keeps nothing and has the server decide about each request: for a process that
 * ends before a memory is worth its connection. Requests of one turn of the event loop go there in
 * one call. It connects when it is first used.
 *
 * @throws {TypeError} `url`, `api` or `token` cannot be one.
 */
export function createRemoteVerifier(options: RemoteVerifierOptions): Verifier {
  const { requestIds: ids = "keep" } = options;
  const link = openServerLink({ base: baseOf(options), token: tokenOf(options) });
  const online = createOnline({
    link,
    clock: wall,
    monotonic,
    onProblem: problemsTold(options, monotonic)("online"),
  });
  const requestIdOf = requestIds(() => ids === "make");
  const decider = createDecider({
    api: NO_MEMORY,
    keeper: NO_LEASE,
    online,
    clock: wall,
    requestIdOf,
    count: () => undefined,
  });
  let closed = false;

  return {
    verify: decider.verify,
    requestIdOf,
    render: (decision, context) => render({ api: NO_MEMORY, decider }, decision, context),
    preflight: preflightAnswer,
    get status() {
      return {
        mode: closed ? ("closed" as const) : ("online" as const),
        ...{ unable: undefined, leaseMillis: 0, lagMillis: 0, seq: 0, known: 0, stale: 0 },
        online: online.count,
      };
    },
    async close() {
      closed = true;
      await decider.stop();
      link.close();
    },
  };
}
