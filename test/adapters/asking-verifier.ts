import type { Allow, Rendered } from "@latchkey/engine";
import type { Verifier } from "@latchkey/sdk";
import { createClient } from "@latchkey/sdk/client";
import type { RunningServer } from "../running-server.ts";

/** A verifier that asks the server about every request. */
export function askingVerifier(server: RunningServer, api: string): Verifier {
  const client = createClient({
    url: `http://127.0.0.1:${server.port}`,
    token: server.operatorToken,
  });
  const answers = new WeakMap<object, Rendered>();
  return {
    async verify({ method, target, headers: flat, address, secure }) {
      const headers: Record<string, string[]> = {};
      for (let i = 0; i < flat.length; i += 2) {
        const name = String(flat[i]).toLowerCase();
        headers[name] = [...(headers[name] ?? []), String(flat[i + 1])];
      }
      const request = { method, url: target, headers, ip: address, secure };
      const { outcome, principal, response } = await client.verify({ api, body: { request } });
      const decision = { outcome, principal } as unknown as Allow;
      answers.set(decision, { ...response, headers: Object.entries(response.headers).flat() });
      return decision;
    },
    requestIdOf: () => "made-by-the-test",
    render: (decision) => answers.get(decision) ?? { status: 500, headers: [], body: null },
    preflight: ({ method }) =>
      method === "OPTIONS"
        ? { status: 204, headers: ["X-Preflight", "yes"], body: null }
        : undefined,
    status: {} as Verifier["status"],
    close: async () => {},
  };
}
