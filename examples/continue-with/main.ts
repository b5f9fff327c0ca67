// A shop of somebody else, with a button "Continue with Acme": its users approve it at Acme's
// authorization server. Register it with the redirect URI http://127.0.0.1/callback and the scope
// read:projects, then:
//   CLIENT_ID=app_… CLIENT_SECRET=… node --conditions=latchkey-src examples/continue-with/main.ts
// and open http://127.0.0.1:3000: by another name of this machine the browser would not come back to
// where it began.
import { randomBytes } from "node:crypto";
import express from "express";
import * as openid from "openid-client";

const issuer = new URL(process.env.ISSUER ?? "http://localhost:4000/standard");
const acme = await openid.discovery(
  issuer,
  process.env.CLIENT_ID ?? "",
  process.env.CLIENT_SECRET ?? "",
  undefined,
  // Plain HTTP is for trying this on one machine.
  { execute: issuer.protocol === "http:" ? [openid.allowInsecureRequests] : [] },
);

interface Attempt {
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** What was begun in which browser. A real shop keeps this in its session. */
const attempts = new Map<string, Attempt>();

const app = express();

app.get("/", (_request, response) => {
  response.send(
    '<form method="post" action="/continue"><button>Continue with Acme</button></form>',
  );
});

app.post("/continue", async (request, response) => {
  const attempt: Attempt = {
    redirectUri: `http://127.0.0.1:${request.socket.localPort}/callback`,
    state: openid.randomState(),
    verifier: openid.randomPKCECodeVerifier(),
  };
  const browser = randomBytes(32).toString("base64url");
  attempts.set(browser, attempt);
  const url = openid.buildAuthorizationUrl(acme, {
    redirect_uri: attempt.redirectUri,
    scope: "openid read:projects",
    state: attempt.state,
    code_challenge: await openid.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
  });
  response.cookie("attempt", browser, { httpOnly: true, sameSite: "lax", maxAge: 600_000 });
  response.redirect(303, url.href);
});

app.get("/callback", async (request, response) => {
  const [, browser = ""] = /(?:^|; )attempt=([\w-]+)/.exec(request.headers.cookie ?? "") ?? [];
  const attempt = attempts.get(browser);
  attempts.delete(browser);
  if (attempt === undefined) {
    response.status(400).send("This browser began nothing here.");
    return;
  }
  const { search } = new URL(request.url, attempt.redirectUri);
  try {
    const tokens = await openid.authorizationCodeGrant(acme, new URL(search, attempt.redirectUri), {
      expectedState: attempt.state,
      pkceCodeVerifier: attempt.verifier,
    });
    response.json({ user: tokens.claims()?.sub, scope: tokens.scope });
  } catch (fault) {
    const { error } = fault as { readonly error?: string };
    response.status(403).json({ error: error ?? "the answer was not Acme's" });
  }
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});

process.once("SIGTERM", () => server.close());
