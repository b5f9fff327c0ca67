import { randomBytes } from "node:crypto";
import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { DATABASES } from "../testing/databases.ts";
import { type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";
import { DEVICE_CODE } from "./client-metadata.ts";

// Two nodes on one database, asked at the same moment: what one did, the other must know.

const ROUNDS = 20;
const AT_ONCE = 20;
const oauth = { ...profiles.standard.oauth, refreshGraceSeconds: 30 };

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`two nodes on ${database.name}`, () => {
    let worlds: readonly [OAuthWorld, OAuthWorld];
    let client: Client;
    beforeAll(async () => {
      await database.start();
      const url = await database.newUrl();
      const masterKeys = [randomBytes(32)];
      const start = () => startOAuthWorld(url, { oauth }, undefined, masterKeys);
      worlds = [await start(), await start()];
      client = await worlds[0].register();
    });
    afterAll(async () => {
      for (const world of worlds ?? []) await world.close();
      await database.stop();
      for (const world of worlds ?? []) expect(world.faults).toEqual([]);
    });

    type Ask = (world: OAuthWorld) => ReturnType<OAuthWorld["redeem"]>;
    const atOnce = (ask: Ask) =>
      Promise.all(Array.from({ length: AT_ONCE }, (_, i) => ask(worlds[i % 2 === 0 ? 0 : 1])));

    test("O-122 O-126: all who refresh within the grace get one answer, from either", async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const code = (await worlds[0].authorize(client)).get("code") ?? "";
        const { body } = await worlds[1].redeem(client, code);
        const answers = await atOnce((world) => world.refresh(client, String(body.refresh_token)));
        for (const answer of answers) {
          expect(answer.status).toBe(200);
          expect(answer.body).toEqual(answers[0]?.body);
        }
      }
    }, 60_000);

    test("a device code has one winner at most, and is of no use after", async () => {
      const [{ origin }] = worlds;
      const browser = newBrowser(origin);
      // The browser is signed in from now on.
      await worlds[0].authorize(client, {}, browser);
      const approved = async () => {
        const device = await worlds[0].post(client, "device/code", { scope: "read:users" });
        const { device_code, user_code, verification_uri } = device.body;
        const place = String(verification_uri);
        const page = await browser.visit(place);
        const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.answer.text())?.[1] ?? "";
        await browser.submit(place, { xsrf, user_code: String(user_code), confirm: "yes" });
        return { grant_type: DEVICE_CODE, device_code: String(device_code) };
      };
      expect((await worlds[1].post(client, "token", await approved())).status).toBe(200);
      for (let round = 0; round < ROUNDS; round += 1) {
        const asked = await approved();
        const answers = await atOnce((world) => world.post(client, "token", asked));
        const winners = answers.filter(({ status }) => status === 200);
        // None, when who came second ended what the first was about to be given.
        expect(winners.length).toBeLessThanOrEqual(1);
        for (const { status } of answers) expect([200, 400]).toContain(status);
        for (const { body } of winners) {
          expect(await worlds[0].isLive(String(body.access_token))).toBe(false);
        }
        expect((await worlds[1].post(client, "token", asked)).status).toBe(400);
      }
    }, 60_000);
  });
}
