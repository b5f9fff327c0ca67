import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";

/** A client's end of OpenID Connect Back-Channel Logout, on this machine. */
export interface LogoutReceiver {
  readonly uri: string;
  /** The logout tokens it got so far. */
  readonly tokens: readonly string[];
  /** How it answers from now on; at first with 200. */
  respond: (response: ServerResponse) => void;
  /** Forgets what it got. */
  clear(): void;
  close(): Promise<void>;
}

/** Starts one. It takes nothing but what section 2.5 describes. */
export async function startLogoutReceiver(): Promise<LogoutReceiver> {
  const tokens: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const isForm = request.headers["content-type"] === "application/x-www-form-urlencoded";
    const [, token] = /^logout_token=([\w-]+\.[\w-]+\.[\w-]+)$/.exec(body) ?? [];
    if (request.method !== "POST" || !isForm || token === undefined) {
      response.writeHead(400).end();
      return;
    }
    tokens.push(token);
    receiver.respond(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: LogoutReceiver = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-out`,
    tokens,
    respond: (response) => void response.end(),
    clear: () => void tokens.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** Checks a logout token as section 2.6 asks its receiver to, and answers its claims. */
export async function readLogoutToken(
  token: string,
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`)), {
    issuer,
    audience: clientId,
    typ: "logout+jwt",
    maxTokenAge: "2 minutes",
    requiredClaims: ["iat", "exp", "jti", "events"],
  });
  const events = payload.events as Readonly<Record<string, unknown>>;
  const event = events["http://schemas.openid.net/event/backchannel-logout"];
  if (typeof event !== "object") throw new Error("the token is of another event");
  if (payload.sub === undefined && payload.sid === undefined) throw new Error("nobody is named");
  if ("nonce" in payload) throw new Error("it could be taken for an ID token");
  return payload;
}
