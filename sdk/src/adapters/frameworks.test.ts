import { getRequestListener, type HttpBindings } from "@hono/node-server";
import express, { type ErrorRequestHandler, Router } from "express";
import Fastify, { type FastifyPluginAsync } from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { answerOf, toldVerifier } from "../testing/told-verifier.ts";
import { latchkey as expressLatchkey } from "./express.ts";
import { latchkey as fastifyLatchkey } from "./fastify.ts";
import { latchkey as honoLatchkey, type LatchkeyEnv } from "./hono.ts";
import { latchkey as nodeLatchkey } from "./node.ts";
import { latchkey as webLatchkey } from "./web.ts";

describe("Node's http", () => {
  test("calls the listener in the same turn when the decision is there", () => {
    let isCalled = false;
    const listener = nodeLatchkey(toldVerifier("allow"), () => {
      isCalled = true;
    });
    const request = { method: "GET", url: "/", rawHeaders: [], socket: {} };
    listener(request as never, { setHeader: () => undefined } as never);
    expect(isCalled).toBe(true);
  });

  test("ends what is refused, with the length of its body", async () => {
    const answer = await answerOf(
      nodeLatchkey(toldVerifier("deny", true), () => expect.unreachable()),
    );
    expect([answer.status, answer.text]).toEqual([498, "refused"]);
    expect(answer.headers.get("content-length")).toBe("7");
    expect(answer.headers.get("x-a")).toBe("b");
  });

  test("shows the headers of what is refused to programs that wrap writeHead", async () => {
    const listener = nodeLatchkey(toldVerifier("deny"), () => expect.unreachable());
    const answer = await answerOf((request, response) => {
      const { writeHead } = response;
      response.writeHead = (status: number) => {
        response.setHeader("x-seen", response.getHeaderNames().join());
        return writeHead.call(response, status);
      };
      listener(request, response);
    });
    expect([answer.status, answer.text]).toEqual([498, "refused"]);
    expect(answer.headers.get("x-seen")).toBe("x-request-id,x-a,content-length");
  });

  test("leaves alone what was answered while it asked", async () => {
    const listener = nodeLatchkey(toldVerifier("deny", true), () => expect.unreachable());
    const answer = await withoutRejections(() =>
      answerOf((request, response) => {
        listener(request, response);
        response.writeHead(503).end("too late");
      }),
    );
    expect([answer.status, answer.text]).toEqual([503, "too late"]);
  });

  test.each(["allow", "deny"] as const)(
    "leaves alone what somebody had begun to answer, and would %s",
    async (outcome) => {
      const listener = nodeLatchkey(toldVerifier(outcome, true), () => expect.unreachable());
      const answer = await withoutRejections(() =>
        answerOf((request, response) => {
          listener(request, response);
          response.writeHead(503).write("too ");
          setTimeout(() => response.end("late"), 20);
        }),
      );
      expect([answer.status, answer.text]).toEqual([503, "too late"]);
    },
  );
});

/** Fails for a rejection that nobody takes: by itself it ends the process. */
async function withoutRejections<T>(act: () => Promise<T>): Promise<T> {
  const rejections: unknown[] = [];
  const take = (why: unknown) => rejections.push(why);
  process.on("unhandledRejection", take);
  try {
    return await act();
  } finally {
    process.off("unhandledRejection", take);
    expect(rejections).toEqual([]);
  }
}

describe("Express", () => {
  function app(verifier = toldVerifier("allow")) {
    const made = express();
    made.enable("case sensitive routing");
    made.use(expressLatchkey(verifier));
    return made;
  }

  test("reaches no handler with what is refused", async () => {
    const made = app(toldVerifier("deny"));
    made.get("/", () => expect.unreachable());
    expect((await answerOf(made)).status).toBe(498);
  });

  test.each(["allow", "deny"] as const)(
    "leaves alone what was answered while it asked, and would %s",
    async (outcome) => {
      const made = express();
      made.enable("case sensitive routing");
      made.use((_request, response, next) => {
        next();
        response.status(503).send("too late");
      });
      made.use(expressLatchkey(toldVerifier(outcome, true)));
      made.get("/", () => expect.unreachable());
      const answer = await withoutRejections(() => answerOf(made));
      expect([answer.status, answer.text]).toEqual([503, "too late"]);
    },
  );

  test("hands a fault behind an answer that had to be asked for to the app", async () => {
    const made = express();
    made.enable("case sensitive routing");
    made.use((_request, response, next) => {
      response.flushHeaders();
      next();
    });
    made.use(expressLatchkey(toldVerifier("allow", true)));
    made.use(((error, _request, response, _next) => {
      response.end(error.code);
    }) satisfies ErrorRequestHandler);
    expect((await withoutRejections(() => answerOf(made))).text).toBe("ERR_HTTP_HEADERS_SENT");
  });

  test("decides about the path that is routed, also below a mounted router", async () => {
    const verifier = toldVerifier("allow");
    const made = express();
    made.enable("case sensitive routing");
    const router = Router({ caseSensitive: true });
    router.use(expressLatchkey(verifier));
    router.get("/users", (request, response) => {
      response.send(request.latchkey.principal.accountId);
    });
    made.use((request, _response, next) => {
      request.url = request.url.replace("/old/", "/api/");
      next();
    });
    made.use("/api", router);
    expect((await answerOf(made, "/old/users?a=b")).text).toBe("acct_1");
    expect(verifier.asked[0]?.target).toBe("/api/users?a=b");
  });

  test("protects one route when it is a handler of it", async () => {
    const verifier = toldVerifier("deny");
    const made = express();
    made.enable("case sensitive routing");
    made.get("/users/:id", expressLatchkey(verifier), () => expect.unreachable());
    made.get("/open", (_request, response) => {
      response.send("open");
    });
    expect((await answerOf(made, "/users/1?a=b")).status).toBe(498);
    expect(verifier.asked[0]?.target).toBe("/users/1?a=b");
    expect((await answerOf(made, "/open")).text).toBe("open");
  });

  test("serves nothing below an app that mounts it and ignores case", async () => {
    const verifier = toldVerifier("allow");
    const below = app(verifier);
    below.set("env", "test");
    below.get("/admin", () => expect.unreachable());
    const outer = express();
    outer.use("/api", below);
    expect((await answerOf(outer, "/API/admin")).status).toBe(500);
    expect(verifier.asked).toEqual([]);
  });

  test.each([
    ["was never told apart", () => express()],
    [
      "was told apart too late",
      () => {
        const made = express();
        made.use((_request, _response, next) => next());
        made.enable("case sensitive routing");
        return made;
      },
    ],
  ])("serves nothing while case %s in its routes", async (_when, make) => {
    const verifier = toldVerifier("allow");
    const made = make();
    made.set("env", "test");
    made.use(expressLatchkey(verifier));
    made.get("/admin", () => expect.unreachable());
    expect((await answerOf(made, "/ADMIN")).status).toBe(500);
    expect(verifier.asked).toEqual([]);
  });
});

describe("Fastify", () => {
  test("protects what is registered beside it, unknown paths included", async () => {
    const app = Fastify();
    await app.register(fastifyLatchkey, { verifier: toldVerifier("deny") });
    app.get("/known", () => expect.unreachable());
    for (const url of ["/known", "/unknown"]) {
      const answer = await app.inject(url);
      expect([answer.statusCode, answer.body]).toEqual([498, "refused"]);
    }
  });

  test("protects only the context that registers it", async () => {
    const app = Fastify();
    app.get("/open", async () => "open");
    await app.register(async (context) => {
      await context.register(fastifyLatchkey, { verifier: toldVerifier("deny") });
      context.get("/closed", () => expect.unreachable());
    });
    expect((await app.inject("/open")).body).toBe("open");
    expect((await app.inject("/closed")).statusCode).toBe(498);
  });

  test("protects siblings by a policy each, and nothing beside them", async () => {
    const app = Fastify();
    for (const [prefix, outcome] of [
      ["/a", "allow"],
      ["/b", "deny"],
    ] as const) {
      const scope: FastifyPluginAsync = async (context) => {
        await context.register(fastifyLatchkey, { verifier: toldVerifier(outcome) });
        context.get("/", async (request) => request.latchkey.principal.accountId);
      };
      app.register(scope, { prefix });
    }
    app.get("/open", async (request) => String(request.latchkey));
    const answers = await Promise.all(["/a", "/b", "/open"].map((url) => app.inject(url)));
    expect(answers.map(({ body }) => body)).toEqual(["acct_1", "refused", "undefined"]);
  });

  test.each([
    ["allow", "allow", "acct_1"],
    ["allow", "deny", "refused"],
    ["deny", "allow", "refused"],
  ] as const)("lets pass below itself what both allow: %s, then %s", async (outer, inner, body) => {
    const app = Fastify();
    await app.register(fastifyLatchkey, { verifier: toldVerifier(outer) });
    const scope: FastifyPluginAsync = async (context) => {
      await context.register(fastifyLatchkey, { verifier: toldVerifier(inner) });
      context.get("/", async (request) => request.latchkey.principal.accountId);
    };
    app.register(scope, { prefix: "/a" });
    expect((await app.inject("/a")).body).toBe(body);
  });

  test("answers the preflight of a route in a context of its own", async () => {
    const app = Fastify();
    await app.register(fastifyLatchkey, { verifier: toldVerifier("allow") });
    const routes: FastifyPluginAsync = async (context) => {
      context.get("/", async () => "");
      context.post("/things/:id", async () => "");
      context.all("/all", async () => "all");
      context.options("/own", async () => "own");
      context.get("/own", async () => "");
    };
    const scope: FastifyPluginAsync = async (context) => {
      await context.register(fastifyLatchkey, { verifier: toldVerifier("deny") });
      await context.register(routes);
      context.register(routes, { prefix: "/within" });
    };
    app.register(scope, { prefix: "/a" });
    const sole = Fastify();
    sole.register(scope);
    for (const [where, url] of [
      ...["/a", "/a/", "/a/things/7", "/a/all", "/a/own", "/a/within/things/7", "/none"].map(
        (each) => [app, each] as const,
      ),
      ...["/", "/things/7", "/within/own"].map((each) => [sole, each] as const),
    ]) {
      const answer = await where.inject({ method: "OPTIONS", url });
      expect([url, answer.statusCode, answer.headers["x-preflight"]]).toEqual([url, 204, "yes"]);
    }
  });

  test.each([
    ["a slash at the end", { ignoreTrailingSlash: true }, ["/x", "/x/"]],
    ["a slash at the end first", { ignoreTrailingSlash: true }, ["/x/", "/x"]],
    ["the slash of a prefix", { ignoreTrailingSlash: true }, ["", "/"]],
    ["slashes in a row", { ignoreDuplicateSlashes: true }, ["/x/y", "/x//y"]],
    ["both", { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true }, ["/x/y", "/x//y//"]],
  ])("takes for one route what the router does: %s", async (_what, settings, [one, other]) => {
    for (const options of [{ routerOptions: settings }, settings]) {
      const app = Fastify(options);
      const scope: FastifyPluginAsync = async (context) => {
        await context.register(fastifyLatchkey, { verifier: toldVerifier("allow") });
        context.get(one ?? "", async () => "");
        context.post(other ?? "", async () => "");
      };
      app.register(scope, { prefix: "/a" });
      const answer = await app.inject({ method: "OPTIONS", url: `/a${other}` });
      expect(answer.statusCode).toBe(204);
    }
  });

  test("has no answer of its own to OPTIONS that are no preflight", async () => {
    const verifier = { ...toldVerifier("allow"), preflight: () => undefined };
    const app = Fastify();
    const scope: FastifyPluginAsync = async (context) => {
      await context.register(fastifyLatchkey, { verifier });
      context.get("/", async () => "");
      context.get("/all", async () => "");
    };
    app.register(scope, { prefix: "/a" });
    expect((await app.inject({ method: "OPTIONS", url: "/a/all" })).statusCode).toBe(404);
    expect(verifier.asked).toHaveLength(1);
  });

  test("is not registered with options that cannot be", async () => {
    const app = Fastify();
    const options = { verifier: toldVerifier("allow"), trustedProxies: ["proxy.example"] };
    app.register(fastifyLatchkey, options);
    await expect(app.ready()).rejects.toThrow('"proxy.example" is not an IP address');
  });

  test.each([
    ["/u/:id", "/u/", ""],
    ["/u/:id", "/%75/?a=b", ""],
    ["/u/:id/:part", "/u/7/", ""],
    ["/u/:id", "/u/7", "/u/7"],
    ["/u/:id?", "/u/", "/u/"],
    ["/u/*", "/u/", "/u/"],
    ["/u/", "/u/", "/u/"],
    ["/u/:first-:last", "/u/-", "/u/-"],
  ])("of a route %s asked for as %j the path decided about is %j", async (route, url, target) => {
    const verifier = toldVerifier("allow");
    const app = Fastify();
    await app.register(fastifyLatchkey, { verifier });
    app.get(route, async () => "");
    expect((await app.inject(url)).statusCode).toBe(200);
    expect(verifier.asked.map((asked) => asked.target)).toEqual([target]);
  });

  test.each([
    ["ignores case", { routerOptions: { caseSensitive: false } }],
    ["ignores case, as said of old", { caseSensitive: false }],
    ["ends a path at a semicolon", { routerOptions: { useSemicolonDelimiter: true } }],
  ])("is not registered where the router %s", async (_what, options) => {
    const app = Fastify(options as object);
    app.register(fastifyLatchkey, { verifier: toldVerifier("allow") });
    await expect(app.ready()).rejects.toThrow("Latchkey: caseSensitive must stay true");
  });
});

describe("Hono", () => {
  function app(verifier = toldVerifier("allow")) {
    const made = new Hono<LatchkeyEnv>();
    made.use(honoLatchkey(verifier));
    made.get("/text", (context) =>
      context.text(String(context.get("latchkey").principal.accountId)),
    );
    made.get("/own", () => new Response("own"));
    made.get("/fixed", () => Response.redirect("https://a.example/"));
    made.get("/fault", () => {
      throw new Error("a fault of the API");
    });
    made.onError((_error, context) => context.text("fault", 500));
    return made;
  }

  test.each([
    ["/text", 200, "acct_1"],
    ["/own", 200, "own"],
    ["/fixed", 302, ""],
    ["/fault", 500, "fault"],
    ["/none", 404, "404 Not Found"],
  ])("sets the decision's headers on the answer of %s", async (path, status, text) => {
    const answer = await app().request(path);
    expect([answer.status, await answer.text()]).toEqual([status, text]);
    expect(answer.headers.get("x-request-id")).toBe("req-1");
    const onNode = await answerOf(getRequestListener(app().fetch), path, { redirect: "manual" });
    expect([onNode.status, onNode.text]).toEqual([status, text]);
    expect(onNode.headers.get("x-request-id")).toBe("req-1");
  });

  test("without Node knows no address, and TLS by the scheme", async () => {
    const verifier = toldVerifier("allow");
    await app(verifier).request("https://api.example/text?a=b", { headers: { "x-a": "1" } });
    expect(verifier.asked[0]).toEqual({
      method: "GET",
      target: "/text?a=b",
      headers: ["x-a", "1"],
      address: undefined,
      secure: true,
    });
  });

  test("decides about what is routed, also when middleware sent the request on changed", async () => {
    const verifier = toldVerifier("allow");
    const made = new Hono<LatchkeyEnv>();
    made.use(async (context, next) => {
      if (context.req.header("x-changed") !== undefined) return next();
      const headers = { ...context.req.header(), "x-changed": "1" };
      const changed = new Request(new URL("/admin?a=b", context.req.url), {
        method: "DELETE",
        headers,
      });
      return made.fetch(changed, context.env);
    });
    made.use(honoLatchkey(verifier));
    made.delete("/admin", (context) => context.text("deleted"));
    expect((await answerOf(getRequestListener(made.fetch), "/open")).text).toBe("deleted");
    expect(verifier.asked[0]).toMatchObject({ method: "DELETE", target: "/admin?a=b" });
  });

  test("on Node sees lines and path as they were sent", async () => {
    const verifier = toldVerifier("allow");
    const listener = getRequestListener(app(verifier).fetch);
    await answerOf(listener, "/te%78t", { headers: { "X-A": "1" } });
    expect(verifier.asked[0]?.target).toBe("/te%78t");
    expect(verifier.asked[0]?.headers).toContain("X-A");
    expect(verifier.asked[0]?.address).toBe("127.0.0.1");
  });
});

describe("the web's Request", () => {
  test("adds the decision's headers to an answer that cannot be changed", async () => {
    const handler = webLatchkey(toldVerifier("allow"), () =>
      Response.redirect("https://b.example/"),
    );
    const answer = await handler(new Request("https://a.example/"));
    expect(answer.status).toBe(302);
    expect(answer.headers.get("x-request-id")).toBe("req-1");
    expect(answer.headers.get("location")).toBe("https://b.example/");
  });

  test("hands over what the runtime does, and asks it who is connected", async () => {
    const verifier = toldVerifier("allow");
    const handler = webLatchkey<[HttpBindings["incoming"] | string]>(
      verifier,
      (_request, { principal }, info) => new Response(`${principal.accountId} ${info}`),
      { peerOf: (_request, info) => ({ address: String(info), encrypted: true }) },
    );
    const answer = await handler(new Request("http://a.example/x?y"), "192.0.2.7");
    expect(await answer.text()).toBe("acct_1 192.0.2.7");
    expect(verifier.asked[0]).toMatchObject({
      target: "/x?y",
      address: "192.0.2.7",
      secure: true,
    });
  });
});
