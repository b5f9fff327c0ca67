import { secretDigest } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { aContext } from "../../testing/builders.ts";
import { openTestStore } from "../../testing/databases.ts";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { signedInOwner } from "../../testing/signed-in.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";
import { openOperators } from "../operators.ts";
import { changesDoor } from "./changes.ts";

const PATH = "/v1/apis/standard/changes";
const TOKEN = "token-of-a-verifier-0123456789abcdef";

let database: TemporarySqlite;
let store: Store;
let it: ManagementApp;
/** What happens while a stream is opened. */
let meanwhile: () => Promise<unknown>;
let started: number;
beforeEach(async () => {
  database = temporarySqlite();
  store = await openTestStore(database.url);
  meanwhile = async () => undefined;
  started = 0;
  const operators = await openOperators({ store, bootstrapToken: undefined });
  const token = { name: "x", role: "verifier", apis: null } as const;
  const digest = secretDigest(TOKEN);
  await store.write("createOperatorToken", { id: "op_1", digest, ...token }, inDeployment());
  const streams = {
    async open() {
      await meanwhile();
      return {
        start({ end }: { end: () => void }) {
          started += 1;
          end();
          return () => undefined;
        },
      };
    },
    close: async () => undefined,
  };
  it = await openManagementApp({ operators, doors: [changesDoor({ streams, operators })] });
});
afterEach(async () => {
  await it.close();
  await store.close();
  database.remove();
});

const inDeployment = () => aContext({ api: DEPLOYMENT });

test("a token opens a stream", async () => {
  await it.call("GET", PATH, { token: TOKEN }).catch(() => undefined);
  expect(started).toBe(1);
});

test("HEAD opens none: nothing of it would ever be sent, and it would have no end", async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { statusCode } = await it.app.inject({ method: "HEAD", url: PATH, headers });
  expect([statusCode, started]).toEqual([405, 0]);
});

test("one that is revoked while its stream is opened gets none", async () => {
  meanwhile = () => store.write("revokeOperatorToken", { id: "op_1" }, inDeployment());
  const { status, json } = await it.call("GET", PATH, { token: TOKEN });
  expect([status, json.error.code, started]).toEqual([401, "UNAUTHORIZED", 0]);
});

test("a browser's session gets none: nobody would tell that it has ended", async () => {
  const browser = await signedInOwner(it);
  expect((await browser.call("GET", "/v1/apis/standard/accounts")).status).toBe(200);
  expect([(await browser.call("GET", PATH)).status, started]).toEqual([401, 0]);
});
