import { createRequire, enableCompileCache, flushCompileCache } from "node:module";

// The smallest Fastify service, with a compile cache as the server has one.
enableCompileCache(process.env.CACHE);
const fastify = createRequire(new URL("../../server/package.json", import.meta.url))("fastify");

const app = fastify();
app.get("/readyz", async () => ({ hello: "world" }));
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
flushCompileCache();
