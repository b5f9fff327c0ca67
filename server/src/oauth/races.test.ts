import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, newBrowser } from "../testing/browser.ts";
import { DATABASES } from "../testing/databases.ts";
import { type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// Twenty rounds of twenty requests at the same moment, with what may be used once.

const ROUNDS = 20;
const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
const AT_ONCE = 20;

type Answers = Awaited<ReturnType<OAuthWorld["redeem"]>>[];

const atOnce = (ask: () => ReturnType<OAuthWorld["redeem"]>): Promise<Answers> =>
  Promise.all(Array.from({ length: AT_ONCE }, ask));

for (const database of DATABASES) {
  describe.skipIf(database.absent).each([0, 30])(
    `on ${database.name}, with a grace of %i seconds`,
    (refreshGraceSeconds) => {
      let world: OAuthWorld;
      let client: Client;
      beforeAll(async () => {
        await database.start();
        const oauth = { ...profiles.standard.oauth, refreshGraceSeconds };
        world = await startOAuthWorld(await database.newUrl(), { oauth });
        client = await world.register();
      });
      afterAll(async () => {
        await world?.close();
        await database.stop();
        expect(world?.faults).toEqual([]);
      });

      const aCode = async (browser = newBrowser(world.origin)) =>
        (await world.authorize(client, {}, browser)).get("code") ?? "";

      /** One for each round, while the user need not be asked: a race ends the approval. */
      async function codes(): Promise<readonly string[]> {
        const browser = newBrowser(world.origin);
        const made: string[] = [];
        while (made.length < ROUNDS) made.push(await aCode(browser));
        return made;
      }

      const winnersOf = (answers: Answers) => answers.filter(({ status }) => status === 200);

      async function liveOf(answers: Answers): Promise<number> {
        const tokens = winnersOf(answers).map(({ body }) => String(body.access_token));
        const live = await Promise.all([...new Set(tokens)].map((token) => world.isLive(token)));
        return live.filter(Boolean).length;
      }

      test("O-076: a code has one winner at most, and leaves nothing alive", async () => {
        for (const code of await codes()) {
          const answers = await atOnce(() => world.redeem(client, code));
          expect(winnersOf(answers).length).toBeLessThanOrEqual(1);
          for (const { status } of answers) expect([200, 400]).toContain(status);
          expect(await liveOf(answers)).toBe(0);
        }
      }, 60_000);

      /** A device's code that the user has let in. */
      async function aDeviceCode(device: Client, browser: Browser): Promise<string> {
        const { body } = await world.post(device, "device/code", { scope: "read:users" });
        const url = String(body.verification_uri);
        const page = await (await browser.visit(url)).answer.text();
        const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
        await browser.submit(url, { xsrf, user_code: String(body.user_code), confirm: "yes" });
        return String(body.device_code);
      }

      // A device code knows no grace.
      if (refreshGraceSeconds === 0) {
        test("RFC 8628: a device code has one winner at most, and leaves nothing alive", async () => {
          const device = await world.register({ type: "public" });
          const browser = newBrowser(world.origin);
          const once = { grant_type: DEVICE_CODE, device_code: await aDeviceCode(device, browser) };
          expect((await world.post(device, "token", once)).status).toBe(200);
          for (let round = 0; round < ROUNDS; round += 1) {
            // So many user codes are not typed in by one address within a minute.
            world.advance(60);
            const device_code = await aDeviceCode(device, browser);
            const ask = { grant_type: DEVICE_CODE, device_code };
            const answers = await atOnce(() => world.post(device, "token", ask));
            expect(winnersOf(answers).length).toBeLessThanOrEqual(1);
            for (const { status } of answers) expect([200, 400]).toContain(status);
            expect(await liveOf(answers)).toBe(0);
            expect((await world.post(device, "token", ask)).status).toBe(400);
          }
        }, 60_000);
      }

      test("O-121 O-122: the old refresh token, used later, ends the whole family", async () => {
        const { body } = await world.redeem(client, await aCode());
        const old = String(body.refresh_token);
        const next = await world.refresh(client, old);
        expect(next.status).toBe(200);
        world.advance(refreshGraceSeconds);
        expect((await world.refresh(client, old)).body).toMatchObject({ error: "invalid_grant" });
        expect(await world.isLive(String(next.body.access_token))).toBe(false);
        const last = await world.refresh(client, String(next.body.refresh_token));
        expect(last.body).toMatchObject({ error: "invalid_grant" });
      });

      test("O-122 O-126: so has a refresh token, or all have one answer within the grace", async () => {
        const pairs: Answers = [];
        for (const code of await codes()) pairs.push(await world.redeem(client, code));
        for (const { body } of pairs) {
          const token = String(body.refresh_token);
          const answers = await atOnce(() => world.refresh(client, token));
          if (refreshGraceSeconds === 0) {
            expect(winnersOf(answers).length).toBeLessThanOrEqual(1);
            expect(await liveOf(answers)).toBe(0);
            expect(await world.isLive(String(body.access_token))).toBe(false);
          } else {
            expect(winnersOf(answers).length).toBe(AT_ONCE);
            for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
            expect(await liveOf(answers)).toBe(1);
          }
        }
      }, 60_000);
    },
  );
}
