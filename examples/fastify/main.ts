// A small API on Fastify 5, protected in its own process. Start Latchkey with `npm start`, then:
//   LATCHKEY_TOKEN=lkop_… node --conditions=latchkey-src examples/fastify/main.ts
import { createVerifier } from "@latchkey/sdk";
import { latchkey } from "@latchkey/sdk/fastify";
import Fastify from "fastify";

const verifier = await createVerifier({
  url: process.env.LATCHKEY_URL ?? "http://localhost:4000",
  token: process.env.LATCHKEY_TOKEN ?? "",
  api: "standard",
  onProblem: ({ message }) => console.warn(message),
});

const users = new Map([["1", { id: "1", name: "Ada" }]]);
let made = users.size;

const app = Fastify();
await app.register(latchkey, { verifier });
app.addHook("onClose", () => verifier.close());

app.get("/v2/users", async () => ({ data: [...users.values()] }));

const body = { type: "object", required: ["name"], properties: { name: { type: "string" } } };

app.post<{ Body: { name: string } }>("/v2/users", { schema: { body } }, async (request, reply) => {
  made += 1;
  const user = { id: String(made), name: request.body.name };
  users.set(user.id, user);
  const { accountId } = request.latchkey.principal;
  return reply.code(201).send({ ...user, created_by: accountId });
});

app.delete<{ Params: { id: string } }>("/v2/users/:id", async (request, reply) =>
  reply.code(users.delete(request.params.id) ? 204 : 404).send(),
);

await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log(`listening on ${JSON.stringify(app.server.address())}`);

process.once("SIGTERM", () => void app.close());
