// A small API on Express 5, protected in its own process. Start Latchkey with `npm start`, then:
//   LATCHKEY_TOKEN=lkop_… node --conditions=latchkey-src examples/express/main.ts
import { createVerifier } from "@latchkey/sdk";
import { latchkey } from "@latchkey/sdk/express";
import express from "express";

const verifier = await createVerifier({
  url: process.env.LATCHKEY_URL ?? "http://localhost:4000",
  token: process.env.LATCHKEY_TOKEN ?? "",
  api: "standard",
  onProblem: ({ message }) => console.warn(message),
});

const users = new Map([["1", { id: "1", name: "Ada" }]]);
let made = users.size;

const app = express();
// Paths of the policy are told apart by case, so routes must be, too.
app.enable("case sensitive routing");
app.use(latchkey(verifier));
app.use(express.json());

app.get("/v2/users", (_request, response) => {
  response.json({ data: [...users.values()] });
});

app.post("/v2/users", (request, response) => {
  const name: unknown = request.body?.name;
  if (typeof name !== "string") {
    response.sendStatus(400);
    return;
  }
  made += 1;
  const user = { id: String(made), name };
  users.set(user.id, user);
  const { accountId } = request.latchkey.principal;
  response.status(201).json({ ...user, created_by: accountId });
});

app.delete("/v2/users/:id", (request, response) => {
  response.sendStatus(users.delete(request.params.id) ? 204 : 404);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});

process.once("SIGTERM", async () => {
  server.close();
  await verifier.close();
});
