import { request } from "node:http";
import { type RunningServer, waitUntil } from "./running-server.ts";

interface Held {
  readonly api: string;
  /** Below the API's mount. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  /** By which the request is allowed; it must not have been used before. */
  readonly credentialId: string;
}

/**
 * The status of a POST that was decided about, then held back in the midst of its body until
 * `meanwhile` was done.
 */
export function postHeldBack(
  server: RunningServer,
  { api, path, headers, body, credentialId }: Held,
  meanwhile: () => Promise<unknown>,
): Promise<number | undefined> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const held = request({
      port: server.port,
      method: "POST",
      path: `/${api}${path}`,
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      },
    });
    held.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    held.on("error", reject);
    const goOn = async (): Promise<void> => {
      // Its use is counted once it was decided: only then is it held back.
      await waitUntil("the request was decided", async () => {
        const used = `/v1/apis/${api}/usage?credentialId=${credentialId}`;
        return (await server.operator("GET", used)).json.data.length > 0;
      });
      await meanwhile();
      held.end(text.slice(5));
    };
    held.write(text.slice(0, 5), () => {
      goOn().catch(reject);
    });
  });
}
