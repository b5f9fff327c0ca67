import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Allow, ApiRequest, Decision, Deny } from "@latchkey/engine";
import type { Verifier } from "../verifier/verifier.ts";

/** A verifier that decides as it is told, and keeps what it was asked. */
export interface ToldVerifier extends Verifier {
  readonly asked: readonly ApiRequest[];
}

/** Allows or refuses everything; `later`: with a promise. */
export function toldVerifier(outcome: "allow" | "deny", later = false): ToldVerifier {
  const asked: ApiRequest[] = [];
  const decision = (
    outcome === "allow"
      ? ({ outcome, principal: { accountId: "acct_1" } } as Allow)
      : ({ outcome, reason: "credential_unknown" } as Deny)
  ) satisfies Decision;
  return {
    asked,
    verify(request) {
      asked.push(request);
      return later ? Promise.resolve(decision) : decision;
    },
    requestIdOf: () => "req-1",
    render: (_decision, { requestId }) =>
      outcome === "allow"
        ? { status: 200, headers: ["X-Request-ID", requestId], body: null }
        : { status: 498, headers: ["X-Request-ID", requestId, "X-A", "b"], body: "refused" },
    preflight: ({ method }) =>
      method === "OPTIONS"
        ? { status: 204, headers: ["X-Preflight", "yes"], body: null }
        : undefined,
    status: {
      mode: "memory",
      unable: undefined,
      leaseMillis: 0,
      lagMillis: 0,
      seq: 0,
      known: 0,
      online: 0,
      stale: 0,
    },
    close: async () => {},
  };
}

/** Asks a listener of its own for one answer. */
export async function answerOf(
  listener: RequestListener,
  path = "/",
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
