import { approve, openBrowser } from "../test/approval.ts";
import { callAs, registerApplication } from "./latchkey-process.ts";
import { type Chains, CONNECTIONS } from "./load.ts";

const PERSON = { email: "grace@example.com", password: "a long password of hers" };
const REDIRECT_URI = "https://client.example/callback";

interface Client {
  readonly id: string;
  readonly secret: string;
}

/** A refresh token of a grant of its own for each connection, of a user of Latchkey. */
export async function latchkeyChains(origin: string, operatorToken: string): Promise<Chains> {
  const call = callAs(origin, operatorToken);
  const { id: accountId } = await call("/accounts", { name: "Bench" });
  await call("/users", { accountId, ...PERSON });
  const client = await registerApplication(origin, operatorToken, "opaque");
  const issuer = `${origin}/standard`;
  const asked = new URLSearchParams({
    ...{ response_type: "code", client_id: client.id, redirect_uri: REDIRECT_URI },
    ...{ scope: "read:users", state: "s" },
  });
  // People come to the public URL, which is on `localhost` by default.
  const pages = issuer.replace("127.0.0.1", "localhost");
  const browser = openBrowser();
  const tokens: string[] = [];
  for (let i = 0; i < CONNECTIONS; i += 1) {
    // The first approval is remembered, and each authorization is a grant of its own.
    const back = await approve(`${pages}/oauth/authorize?${asked}`, PERSON, browser);
    const answer = await fetch(`${issuer}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        ...{ grant_type: "authorization_code", code: back.searchParams.get("code") ?? "" },
        ...{ redirect_uri: REDIRECT_URI, client_id: client.id, client_secret: client.secret },
      }),
    });
    const { refresh_token: token } = (await answer.json()) as { refresh_token?: string };
    if (token === undefined) throw new Error(`no refresh token: ${answer.status}`);
    tokens.push(token);
  }
  return chainsOf(issuer, client, tokens);
}

/** The same of `peers/oidc-map.mjs`. */
export async function libraryChains(origin: string, client: Client): Promise<Chains> {
  const tokens: string[] = [];
  for (let i = 0; i < CONNECTIONS; i += 1) {
    tokens.push(await (await fetch(`${origin}/granted`)).text());
  }
  return chainsOf(origin, client, tokens);
}

function chainsOf(issuer: string, { id, secret }: Client, tokens: readonly string[]): Chains {
  const client = { client_id: id, client_secret: secret };
  return {
    url: `${issuer}/oauth/token`,
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    chains: tokens.map((token) =>
      String(new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, ...client })),
    ),
  };
}
