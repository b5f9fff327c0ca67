import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createWebhookVerifier } from "@latchkey/sdk/webhooks";
import { afterEach, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "./running-server.ts";
import { startReceiver } from "./webhook-receiver.ts";

const MAIN = fileURLToPath(new URL("../server/src/cli/main.ts", import.meta.url));

let server: RunningServer;
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill("SIGKILL");
  await server?.stop();
});

function listen(...args: readonly string[]): { output(): string; ended: Promise<unknown> } {
  const url = `http://127.0.0.1:${server.port}`;
  const options = ["--conditions=latchkey-src", MAIN, "listen", "--url", url, ...args];
  const env = { LATCHKEY_OPERATOR_TOKEN: server.operatorToken };
  const started = spawn(process.execPath, options, { env, stdio: ["ignore", "pipe", "pipe"] });
  child = started;
  let output = "";
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return { output: () => output, ended: once(started, "close").then(([code]) => code) };
}

test("latchkey listen brings signed webhooks to a local program until it is stopped", async () => {
  server = await startServer();
  await using program = await startReceiver((_received, response) => {
    response.writeHead(202).end();
  });
  const { output, ended } = listen("--forward", `${program.url}/hook`, "--api", "standard");
  await waitUntil("it listens", async () => output().includes("Their secret: "));
  const [, secret = ""] = /Their secret: (\S+)/.exec(output()) ?? [];
  const event = { type: "order.paid", accountId: TEST_ACCOUNT, data: { n: 1 } };
  await server.operator("POST", "/v1/apis/standard/events/publish", event);
  const got = await program.next();
  expect(got.path).toBe("/hook");
  const { verify } = createWebhookVerifier({ secrets: secret });
  expect((await verify(got.body, got.headers)).payload).toMatchObject({ type: "order.paid" });
  await waitUntil("it says so", async () => output().includes("202  order.paid  evt_"));

  child?.kill("SIGTERM");
  expect(await ended).toBe(0);
  const { json } = await server.operator("GET", "/v1/apis/standard/webhook-endpoints");
  expect(json.data).toMatchObject([{ status: "revoked" }]);
});

test("latchkey listen leaves nothing behind when nobody reads what it prints any more", async () => {
  server = await startServer();
  await using program = await startReceiver((_received, response) => void response.end());
  const { output, ended } = listen("--forward", `${program.url}/hook`, "--api", "standard");
  await waitUntil("it listens", async () => output().includes("Their secret: "));
  child?.stdout?.destroy();
  for (const n of [1, 2, 3]) {
    const event = { type: "order.paid", accountId: TEST_ACCOUNT, data: { n } };
    await server.operator("POST", "/v1/apis/standard/events/publish", event);
  }
  expect(await ended).toBe(0);
  expect(output()).not.toContain("EPIPE");
  const { json } = await server.operator("GET", "/v1/apis/standard/webhook-endpoints");
  expect(json.data).toMatchObject([{ status: "revoked" }]);
});

test("latchkey listen says what it leaves behind when Latchkey is gone", async () => {
  server = await startServer();
  const { output, ended } = listen("--forward", "http://127.0.0.1:9/hook", "--api", "standard");
  await waitUntil("it listens", async () => output().includes("Their secret: "));
  const { json } = await server.operator("GET", "/v1/apis/standard/webhook-endpoints");
  await server.kill();
  child?.kill("SIGTERM");
  expect(await ended).toBe(2);
  expect(output()).toMatch(
    new RegExp(`No Latchkey answers at .*\nThe webhook endpoint ${json.data[0].id} may be left`),
  );
});

test("latchkey listen says what it lacks", async () => {
  server = await startServer();
  const several = listen("--forward", "http://localhost:3000/");
  expect(await several.ended).toBe(2);
  expect(several.output()).toContain("name one with --api");
  // Of one with a password nothing could be handed on, and what is printed would show it.
  for (const forward of ["hook", "http://ann:pass@localhost:3000/", "http://:pass@localhost/"]) {
    const nowhere = listen("--forward", forward, "--api", "standard");
    expect(await nowhere.ended).toBe(2);
    expect(nowhere.output()).toMatch(
      /^latchkey: --forward takes a whole URL without a user, such as .*\nUsage: latchkey listen/,
    );
    expect(nowhere.output()).not.toContain("pass@");
  }
});
