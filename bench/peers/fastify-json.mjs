import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// A bare Fastify route that parses the JSON of its body and writes the JSON it is given as ANSWER.
// It is the very Fastify that the server runs on, so it is found from there.
const fastify = createRequire(new URL("../../server/package.json", import.meta.url))("fastify");

const answer = JSON.parse(readFileSync(process.env.ANSWER ?? "", "utf8"));
const app = fastify();
app.post("/v1/apis/:api/*", async () => answer);
app.get("/readyz", async () => ({}));
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
