import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Verifier } from "@latchkey/sdk";
import { latchkey as expressMiddleware } from "@latchkey/sdk/express";
import { latchkey as fastifyPlugin } from "@latchkey/sdk/fastify";
import { latchkey as honoMiddleware, type LatchkeyEnv } from "@latchkey/sdk/hono";
import { type DoorOptions, latchkey as nodeListener } from "@latchkey/sdk/node";
import { latchkey as webHandler } from "@latchkey/sdk/web";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { type Ask, askOn } from "../answer.ts";

/** An API in a process that decides by itself. */
export interface ProtectedServer {
  readonly port: number;
  readonly ask: Ask;
  close(): Promise<void>;
}

type Listener = (verifier: Verifier, options?: DoorOptions) => Promise<RequestListener>;

/** The same API in each framework: it answers every path with whom the request is from. */
export const FRAMEWORKS: Readonly<Record<string, Listener>> = {
  node: async (verifier, options) =>
    nodeListener(
      verifier,
      (_request, response, { principal }) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ principal }));
      },
      options,
    ),

  express: async (verifier, options) => {
    const app = express();
    app.enable("case sensitive routing");
    app.disable("x-powered-by");
    app.use(expressMiddleware(verifier, options));
    app.all("/{*path}", (request, response) => {
      response.json({ principal: request.latchkey.principal });
    });
    return app;
  },

  fastify: async (verifier, options = {}) => {
    const app = Fastify();
    await app.register(fastifyPlugin, { verifier, ...options });
    app.all("/*", async (request) => ({ principal: request.latchkey.principal }));
    await app.ready();
    return (request, response) => app.routing(request, response);
  },

  hono: async (verifier, options) => {
    const app = new Hono<LatchkeyEnv>();
    app.use(honoMiddleware(verifier, options));
    app.all("*", (context) => context.json({ principal: context.get("latchkey").principal }));
    return getRequestListener(app.fetch);
  },

  web: async (verifier, options) => {
    const handler = webHandler<[HttpBindings]>(
      verifier,
      (_request, { principal }) => Response.json({ principal }),
      {
        ...options,
        peerOf: (_request, { incoming }) => ({
          address: incoming.socket.remoteAddress,
          encrypted: false,
        }),
      },
    );
    return getRequestListener((request, bindings) => handler(request, bindings as HttpBindings));
  },
};

/** Listens on a port of loopback. */
export async function listen(listener: RequestListener): Promise<ProtectedServer> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { ask, close } = askOn(port);
  return {
    port,
    ask,
    async close() {
      close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
