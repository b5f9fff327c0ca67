import type { ServerResponse } from "node:http";
import type { Policy } from "@latchkey/engine";
import { sentPage } from "./page.ts";
import { sendJson } from "./send-json.ts";

/** Tells an address that asked too often to wait: people on a page, programs in OAuth's terms. */
export function sendWait(
  response: ServerResponse,
  seconds: number,
  { isPage, branding }: { readonly isPage: boolean } & Pick<Policy, "branding">,
): void {
  if (!isPage) {
    response.setHeader("retry-after", seconds);
    sendJson(response, 429, { error: "slow_down" });
    return;
  }
  const { status, headers, body } = sentPage(
    {
      title: "Too many at once",
      content: `<p role="alert">From your network this was asked for too often just now.</p>
<p>Wait ${seconds} seconds, then go back to the application and start again.</p>`,
      status: 429,
      retryAfterSeconds: seconds,
    },
    branding,
  );
  for (let i = 0; i < headers.length; i += 2) {
    response.setHeader(headers[i] ?? "", headers[i + 1] ?? "");
  }
  response.writeHead(status).end(body);
}
