// The same small API in each framework, with Latchkey's adapter (`PROTECTED=yes`) or without any
// check. Answers /readyz to whoever may: the bench asks with a key.
import { createServer, type RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { latchkey as expressLatchkey } from "@latchkey/sdk/express";
import { latchkey as fastifyLatchkey } from "@latchkey/sdk/fastify";
import { latchkey as honoLatchkey, type LatchkeyEnv } from "@latchkey/sdk/hono";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";

const ANSWER = { hello: "world" };

const FRAMEWORKS: Readonly<
  Record<string, (verifier: Verifier | undefined) => Promise<RequestListener>>
> = {
  async express(verifier) {
    const app = express();
    app.enable("case sensitive routing");
    if (verifier !== undefined) app.use(expressLatchkey(verifier));
    app.get("/{*path}", (_request, response) => {
      response.json(ANSWER);
    });
    return app;
  },

  async fastify(verifier) {
    const app = Fastify();
    if (verifier !== undefined) await app.register(fastifyLatchkey, { verifier });
    app.get("/*", async () => ANSWER);
    await app.ready();
    return (request, response) => app.routing(request, response);
  },

  async hono(verifier) {
    const app = new Hono<LatchkeyEnv>();
    if (verifier !== undefined) app.use(honoLatchkey(verifier));
    app.get("*", (context) => context.json(ANSWER));
    return getRequestListener(app.fetch);
  },
};

const { FRAMEWORK = "", PROTECTED, PORT, LATCHKEY_URL = "", LATCHKEY_TOKEN = "" } = process.env;
const verifier =
  PROTECTED === "yes"
    ? await createVerifier({ url: LATCHKEY_URL, token: LATCHKEY_TOKEN, api: "standard" })
    : undefined;
const make = FRAMEWORKS[FRAMEWORK];
if (make === undefined) throw new Error(`no framework ${FRAMEWORK}`);
createServer(await make(verifier)).listen(Number(PORT), "127.0.0.1");
