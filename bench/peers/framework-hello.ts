// The same small API in each framework: with Latchkey's adapter (`MODE=latchkey`), with headers like
// those that it sets (`headers`), or with nothing before its handler.
import { createServer, type RequestListener } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { latchkey as expressLatchkey } from "@latchkey/sdk/express";
import { latchkey as fastifyLatchkey } from "@latchkey/sdk/fastify";
import { latchkey as honoLatchkey, type LatchkeyEnv } from "@latchkey/sdk/hono";
import express, { type RequestHandler } from "express";
import Fastify from "fastify";
import { Hono } from "hono";

const ANSWER = { hello: "world" };

/** What an answer of the profile `standard` carries. */
const HEADERS = Object.entries({
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers":
    "Cal-Api-Version, Deprecation, RateLimit, RateLimit-Policy, Retry-After, Sunset, " +
    "WWW-Authenticate, X-API-Version, X-Credential-Expires-At, X-RateLimit-Limit, " +
    "X-RateLimit-Limit-Default, X-RateLimit-Remaining, X-RateLimit-Remaining-Default, " +
    "X-RateLimit-Reset, X-RateLimit-Reset-Default, X-Request-ID",
  "RateLimit-Policy": '"hour";q=1000000000;w=3600, "second";q=100000000;w=1',
  RateLimit: '"hour";r=999990000;t=3599, "second";r=99999999;t=1',
  "X-RateLimit-Limit": "1000000000",
  "X-RateLimit-Remaining": "999990000",
  "X-RateLimit-Reset": "1795350000",
  "X-Request-ID": "4c4c4545-0044-4410-8053-b4c04f4e5a32",
  "x-api-version": "2.0",
});

const FRAMEWORKS: Readonly<
  Record<string, (verifier: Verifier | undefined) => Promise<RequestListener>>
> = {
  async express(verifier) {
    const app = express();
    app.enable("case sensitive routing");
    const before: RequestHandler[] = verifier === undefined ? [] : [expressLatchkey(verifier)];
    if (MODE === "headers") {
      before.push((_request, response, next) => {
        for (const [name, value] of HEADERS) response.setHeader(name, value);
        next();
      });
    }
    app.get("/{*path}", ...before, (_request, response) => {
      response.json(ANSWER);
    });
    return app;
  },

  async fastify(verifier) {
    const app = Fastify();
    if (verifier !== undefined) await app.register(fastifyLatchkey, { verifier });
    if (MODE === "headers") {
      app.addHook("onRequest", (_request, reply, done) => {
        for (const [name, value] of HEADERS) reply.header(name, value);
        done();
      });
    }
    app.get("/*", async () => ANSWER);
    await app.ready();
    return (request, response) => app.routing(request, response);
  },

  async hono(verifier) {
    const app = new Hono<LatchkeyEnv & { Bindings: HttpBindings }>();
    if (verifier !== undefined) app.use(honoLatchkey(verifier));
    if (MODE === "headers") {
      app.use((context, next) => {
        for (const [name, value] of HEADERS) context.env.outgoing.setHeader(name, value);
        return next();
      });
    }
    app.get("*", (context) => context.json(ANSWER));
    return getRequestListener(app.fetch);
  },
};

const { FRAMEWORK = "", MODE, PORT, LATCHKEY_URL = "", LATCHKEY_TOKEN = "" } = process.env;
const verifier =
  MODE === "latchkey"
    ? await createVerifier({ url: LATCHKEY_URL, token: LATCHKEY_TOKEN, api: "standard" })
    : undefined;
const make = FRAMEWORKS[FRAMEWORK];
if (make === undefined) throw new Error(`no framework ${FRAMEWORK}`);
createServer(await make(verifier)).listen(Number(PORT), "127.0.0.1");
