import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { compilePolicy } from "@latchkey/engine";
import { answerAbout, BENCH_POLICY } from "./decide-setup.ts";

interface Question {
  readonly scheme: string;
  readonly name: string;
}

/** A server that knows every credential and grants every lease, for a verifier to talk to. */
export async function startGrantingServer(): Promise<{ origin: string; stop(): void }> {
  const { digest } = compilePolicy(BENCH_POLICY);
  const policy = { version: 1, digest, policy: BENCH_POLICY };
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const path = request.url?.replace(/^.*\/apis\/[^/]+|\?.*$/g, "");
      if (path === "/changes") {
        const hello = { kind: "hello", seq: 1, resumed: true, policy, issuerKeys: { keys: [] } };
        response.write(`${JSON.stringify(hello)}\n`);
        const beat = setInterval(() => response.write('{"kind":"heartbeat","seq":1}\n'), 1000);
        response.once("close", () => clearInterval(beat));
      } else if (path === "/resolve") {
        const { questions } = JSON.parse(text) as { questions: readonly Question[] };
        answer(response, { answers: questions.map(knownBy) });
      } else {
        answer(response, { head: 1, leaseSeconds: 3, tellAfterMillis: 1000 });
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    origin: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function knownBy({ scheme, name }: Question) {
  const id = `key_${Buffer.from(name, "base64url").toString("hex").slice(0, 24)}`;
  return answerAbout({ id, scheme, handle: null, signing: "off" }, undefined);
}

function answer(response: ServerResponse, body: object): void {
  response.end(JSON.stringify(body));
}
