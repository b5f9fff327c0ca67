import type { Answer } from "./answer.ts";
import type { RunningServer } from "./running-server.ts";

/**
 * Asks about a request to the API, as its client sees the answer in the end. The line is a method
 * and a path below the mount, `GET /v2/me?x=1`.
 */
export type Door = (
  api: string,
  line: string,
  headers: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** The ways to ask, the same request at each. */
export type Doors = Readonly<Record<"facade" | "forward-auth" | "verify", Door>>;

/** The three doors. Where `verify` allows, its `json` is the whole decision. */
export function doorsOf(server: RunningServer): Doors {
  return {
    facade(api, line, headers) {
      const { method, path } = partsOf(line);
      return server.ask({ method, path: `/${api}${path}`, headers });
    },

    "forward-auth": (api, line, headers) => {
      const { method, path } = partsOf(line);
      return server.ask({
        path: `/v1/apis/${api}/forward-auth`,
        headers: {
          ...headers,
          "x-latchkey-token": server.operatorToken,
          "x-forwarded-method": method,
          "x-forwarded-uri": path,
          "x-forwarded-proto": "https",
        },
      });
    },

    async verify(api, line, headers) {
      const { method, path: url } = partsOf(line);
      const request = { method, url, headers, ip: "127.0.0.1" };
      const decision = await server.operator("POST", `/v1/apis/${api}/verify`, { request });
      if (decision.status !== 200) return decision;
      const { status, body, headers: lines } = decision.json.response;
      const entries = Object.entries<string>(lines);
      return {
        status,
        text: body ?? "",
        json: body === null ? decision.json : JSON.parse(body),
        headers: Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value])),
      };
    },
  };
}

function partsOf(line: string): { readonly method: string; readonly path: string } {
  const [method = "", path = ""] = line.split(" ");
  return { method, path };
}
