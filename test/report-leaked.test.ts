import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT } from "./running-server.ts";

const MAIN = fileURLToPath(new URL("../server/src/cli/main.ts", import.meta.url));

let server: RunningServer;
afterEach(() => server?.stop());

/** Runs the command with this on its stdin: its exit code and all it says. */
async function report(input: string, ...args: readonly string[]) {
  const url = `http://127.0.0.1:${server.port}`;
  const options = ["--conditions=latchkey-src", MAIN, "report-leaked", "--url", url, ...args];
  const env = { LATCHKEY_OPERATOR_TOKEN: server.operatorToken };
  const child = spawn(process.execPath, options, { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, output };
}

test("latchkey report-leaked ends a key that comes by stdin, and says which", async () => {
  server = await startServer();
  const draft = { accountId: TEST_ACCOUNT, name: "CI" };
  const { json } = await server.operator("POST", "/v1/apis/standard/api-keys", draft);
  const ask = () =>
    fetch(`http://127.0.0.1:${server.port}/standard/v2/auth/test`, {
      headers: { authorization: `Bearer ${json.key}` },
    });
  expect((await ask()).status).toBe(200);
  const done = await report(`${json.key}\n`, "--api", "standard", "--source", "a repository");
  expect(done.code).toBe(0);
  expect(done.output).toBe(`${json.id} of ${TEST_ACCOUNT} is revoked.\n`);
  expect((await ask()).status).toBe(401);
  const unknown = await report("lk_live_nothing", "--api", "standard");
  expect(unknown).toEqual({ code: 1, output: 'No key of "standard".\n' });
  for (const input of ["", "two words", `"${json.key}"`, `${json.key},`, "l\0k\0_\0"]) {
    const { code, output } = await report(input, "--api", "standard");
    expect([code, output]).toEqual([2, expect.stringMatching(/^latchkey: give one key by stdin/)]);
  }
});
