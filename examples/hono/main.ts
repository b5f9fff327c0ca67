// A small API on Hono, protected in its own process. Start Latchkey with `npm start`, then:
//   LATCHKEY_TOKEN=lkop_… node --conditions=latchkey-src examples/hono/main.ts
import { serve } from "@hono/node-server";
import { createVerifier } from "@latchkey/sdk";
import { type LatchkeyEnv, latchkey } from "@latchkey/sdk/hono";
import { Hono } from "hono";

const verifier = await createVerifier({
  url: process.env.LATCHKEY_URL ?? "http://localhost:4000",
  token: process.env.LATCHKEY_TOKEN ?? "",
  api: "standard",
  onProblem: ({ message }) => console.warn(message),
});

const users = new Map([["1", { id: "1", name: "Ada" }]]);
let made = users.size;

const app = new Hono<LatchkeyEnv>();
app.use(latchkey(verifier));

app.get("/v2/users", (context) => context.json({ data: [...users.values()] }));

app.post("/v2/users", async (context) => {
  const body = await context.req.json<{ name?: unknown } | null>().catch(() => null);
  if (typeof body?.name !== "string") return context.body(null, 400);
  made += 1;
  const user = { id: String(made), name: body.name };
  users.set(user.id, user);
  const { accountId } = context.get("latchkey").principal;
  return context.json({ ...user, created_by: accountId }, 201);
});

app.delete("/v2/users/:id", (context) =>
  context.body(null, users.delete(context.req.param("id")) ? 204 : 404),
);

const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, (address) => {
  console.log(`listening on ${JSON.stringify(address)}`);
});

process.once("SIGTERM", async () => {
  server.close();
  await verifier.close();
});
