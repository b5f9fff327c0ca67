// A small scheduling API behind the profile `calcom`. Start Latchkey with `npm start`, then:
//   LATCHKEY_TOKEN=lkop_… node --conditions=latchkey-src examples/scheduling/main.ts
import { createVerifier } from "@latchkey/sdk";
import { createApp } from "./app.ts";

const verifier = await createVerifier({
  url: process.env.LATCHKEY_URL ?? "http://localhost:4000",
  token: process.env.LATCHKEY_TOKEN ?? "",
  api: "calcom",
  onProblem: ({ message }) => console.warn(message),
});

const app = await createApp(verifier);
await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log(`listening on ${JSON.stringify(app.server.address())}`);

process.once("SIGTERM", () => void app.close());
