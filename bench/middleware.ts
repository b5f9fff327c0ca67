import path from "node:path";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { issueKeys, newInstallation } from "./latchkey-process.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";

const PROGRAM = path.join(import.meta.dirname, "peers", "framework-hello.ts");
const GOALS = { express: "goal 0.95", fastify: "goal 0.88", hono: "goal 0.80" };

/**
 * An API in each framework with Latchkey's adapter beside the same API without any check. Each
 * process has one core to itself while it is asked, and rounds take turns.
 */
export async function benchMiddleware(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const installation = newInstallation();
  const started: Running[] = [];
  try {
    const { origin, ...latchkey } = await installation.start();
    started.push(latchkey);
    await untilReady(latchkey, `${origin}/readyz`);
    const [key = ""] = await issueKeys(origin, installation.operatorToken, 1);

    const contender = async (framework: string, isProtected: boolean): Promise<Contender> => {
      const port = await freePort();
      const env = {
        PATH: process.env.PATH,
        PORT: String(port),
        FRAMEWORK: framework,
        PROTECTED: isProtected ? "yes" : "no",
        LATCHKEY_URL: origin,
        LATCHKEY_TOKEN: installation.operatorToken,
        NODE_ENV: "production",
      };
      const args = ["--conditions=latchkey-src", PROGRAM];
      const running = start("server", [process.execPath, ...args], { env });
      started.push(running);
      const headers = { Authorization: `Bearer ${key}` };
      const url = `http://127.0.0.1:${port}/v2/users`;
      await untilReady(running, url, headers);
      const name = isProtected ? `${framework} with latchkey` : framework;
      return { name, running, shot: { url, method: "GET", headers, body: null }, decisions: 1 };
    };

    for (const [framework, goal] of Object.entries(GOALS)) {
      const pair = [await contender(framework, true), await contender(framework, false)] as const;
      const [ours, bare] = measure(pair, length);
      print([ours, bare]);
      printRatios([[`${framework} with ÷ without`, ours, bare, goal]]);
    }
  } finally {
    await Promise.all(started.map((each) => each.stop()));
    installation.remove();
  }
}
