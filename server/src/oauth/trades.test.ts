import { afterAll, beforeAll, expect, test } from "vitest";
import { storeUnavailable } from "../store/faults.ts";
import { aContext } from "../testing/builders.ts";
import { API, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// What becomes of a code and a refresh token when the database goes away between two writes.

let world: OAuthWorld;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
});
afterAll(() => world?.close());

type Write = OAuthWorld["store"]["write"];

/** Has what the servers write go through `between` meanwhile. */
async function writing(between: (write: Write) => Write, deed: () => Promise<void>) {
  const { write } = world.store;
  Object.assign(world.store, { write: between(write) });
  await deed().finally(() => Object.assign(world.store, { write }));
}

test.each([0, 1, 2, 3])(
  "if the database goes away after %i writes, code and refresh token are as good as before",
  async (writes) => {
    const client = await world.register();
    const code = (await world.authorize(client)).get("code") ?? "";
    const failing = (write: Write): Write => {
      let left = writes;
      return (...call) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error("the database is away")) : write(...call);
      };
    };
    const AWAY = { status: 503, body: { error: "temporarily_unavailable" } };
    await writing(failing, async () => {
      if (writes === 0) expect(await world.redeem(client, code)).toMatchObject(AWAY);
    });
    const { body } = await world.redeem(client, code);
    const token = String(body.refresh_token);
    await writing(failing, async () => {
      const { status } = await world.refresh(client, token);
      expect(status).toBe(writes === 0 ? 503 : 200);
    });
    expect((await world.refresh(client, token)).status).toBe(200);
  },
);

test("while the database is away every endpoint says so with 503", async () => {
  const client = await world.register({ type: "confidential" });
  const { body } = await world.post(client, "token", { grant_type: "client_credentials" });
  const token = String(body.access_token);
  const away = (): Write => () => Promise.reject(storeUnavailable("The database is away."));
  await writing(away, async () => {
    for (const [endpoint, params] of [
      ["token", { grant_type: "client_credentials" }],
      ["device", {}],
      ["revoke", { token }],
    ] as const) {
      expect(await world.post(client, endpoint, params), endpoint).toMatchObject({
        status: 503,
        body: { error: "temporarily_unavailable" },
      });
    }
  });
  expect(await world.isLive(token)).toBe(true);
  expect((await world.post(client, "revoke", { token })).status).toBe(200);
  expect(await world.isLive(token)).toBe(false);
});

test("an application that is revoked while it asks is given nothing", async () => {
  const client = await world.register();
  const code = (await world.authorize(client)).get("code") ?? "";
  const revoking =
    (write: Write): Write =>
    async (...call) => {
      await write("revokeApplication", { id: client.id }, aContext({ api: API }));
      return write(...call);
    };
  await writing(revoking, async () => {
    expect((await world.redeem(client, code)).body.error).toBe("invalid_client");
  });
});
