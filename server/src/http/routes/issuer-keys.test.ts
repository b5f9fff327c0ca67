import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DATABASES } from "../../testing/databases.ts";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const KEYS = "/v1/apis/standard/issuer-keys";
const HOUR = 3_600_000;

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`issuer keys on ${database.name}`, () => {
    let app: ManagementApp;
    beforeAll(() => database.start());
    afterAll(() => database.stop());
    beforeEach(async () => {
      app = await openManagementApp({}, { url: await database.newUrl() });
    });
    afterEach(async () => {
      await app?.close();
    });

    interface Key {
      readonly id: string;
      readonly algorithm: string;
      readonly status: string;
    }
    const rotate = (body?: object) => app.call("POST", `${KEYS}/rotate`, { body });
    const ids = (keys: readonly Key[], status: string) =>
      keys
        .filter((key) => key.status === status)
        .map(({ id }) => id)
        .toSorted();

    test("O-144: a key is published before it signs, and until what it signed has ended", async () => {
      const first: Key[] = (await rotate({ force: true })).json.data;
      expect(ids(first, "next")).toHaveLength(2);
      expect(ids(first, "current")).toHaveLength(2);
      expect(ids(first, "retired")).toHaveLength(2);

      app.clock.advance(HOUR - 1);
      expect(await rotate()).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
      expect((await app.call("GET", KEYS)).json.data).toEqual(first);
      app.clock.advance(1);
      const second: Key[] = (await rotate()).json.data;
      expect(ids(second, "current")).toEqual(ids(first, "next"));
      const before = [...ids(first, "retired"), ...ids(first, "current")];
      expect(ids(second, "retired")).toEqual(before.toSorted());

      // The longest life of a token and five minutes, since they signed last.
      app.clock.advance(HOUR + 300_000);
      const third: Key[] = (await rotate()).json.data;
      expect(ids(third, "retired")).toEqual(ids(second, "current"));
    });

    test("of two who rotate at once neither leaves an algorithm without a key", async () => {
      await rotate({ force: true });
      const answers = await Promise.all([rotate({ force: true }), rotate({ force: true })]);
      for (const { status } of answers) expect(status).toBe(200);
      const keys: Key[] = (await app.call("GET", KEYS)).json.data;
      for (const status of ["current", "next"]) {
        const algorithms = keys.filter((key) => key.status === status).map((key) => key.algorithm);
        expect(algorithms.toSorted()).toEqual(["ES256", "RS256"]);
      }
    });

    test("nothing that signs is in an answer, an event, the feed or the log", async () => {
      const { text } = await rotate({ force: true });
      for (const member of ["d", "p", "q", "dp", "dq", "qi"]) {
        expect(text).not.toContain(`"${member}":`);
      }
      expect(text).not.toContain("sealed");
      const changes = await app.store.changes.after("standard", 0, 1000);
      const told = changes.filter(({ kind }) => kind === "issuer_keys");
      expect(told.length).toBeGreaterThan(0);
      for (const { state } of told) expect(JSON.stringify(state)).not.toMatch(/"(d|sealed)":/);
      expect((await app.call("GET", "/v1/apis/standard/events")).text).toContain(
        "issuer_key.rotated",
      );
    });
  });
}

test("an API without an authorization server has none, and a viewer may not rotate", async () => {
  const app = await openManagementApp();
  try {
    const token = await app.operator("viewer");
    expect((await app.call("GET", KEYS, { token })).json).toEqual({ data: [] });
    expect((await app.call("POST", `${KEYS}/rotate`, { token })).status).toBe(403);
    expect((await app.call("POST", `${KEYS}/rotate`, { body: { force: 1 } })).status).toBe(400);
  } finally {
    await app.close();
  }
});
