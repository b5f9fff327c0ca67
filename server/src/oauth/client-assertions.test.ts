import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATABASES } from "../testing/databases.ts";
import { type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// RFC 7523: clients that registered themselves prove themselves with a key of their own.

const TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}, an assertion`, () => {
    let world: OAuthWorld;
    let ask: (exp: number) => Promise<number>;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl());
      const { privateKey, publicKey } = await generateKeyPair("ES256");
      const answer = await fetch(`${world.issuer}/oauth/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          redirect_uris: ["https://client.example/callback"],
          token_endpoint_auth_method: "private_key_jwt",
          jwks: { keys: [await exportJWK(publicKey)] },
        }),
      });
      const { client_id: id } = (await answer.json()) as { client_id: string };
      ask = async (exp) => {
        const claims = { iss: id, sub: id, aud: world.issuer, jti: randomUUID(), exp };
        const client_assertion = await new SignJWT(claims)
          .setProtectedHeader({ alg: "ES256" })
          .sign(privateKey);
        const body = new URLSearchParams({
          ...{ token: "x", client_assertion_type: TYPE, client_assertion },
        });
        return (await fetch(`${world.issuer}/oauth/revoke`, { method: "POST", body })).status;
      };
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    const now = () => Date.now() / 1000;

    test("may live for an hour, however finely that is told", async () => {
      for (const seconds of [60, 3599, 3599.123456]) expect(await ask(now() + seconds)).toBe(200);
    });

    test("proves nobody when it lives for longer: it would have to be remembered so long", async () => {
      for (const exp of [now() + 3700, 4e9, 253_402_300_799, 9e15, 1e17, 1e300]) {
        expect([exp, await ask(exp)]).toEqual([exp, 401]);
      }
    });
  });
}
