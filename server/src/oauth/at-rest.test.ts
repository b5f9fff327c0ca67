import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { aDpopProof } from "../testing/dpop-proof.ts";
import { startOAuthWorld } from "../testing/oauth-world.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { DEVICE_CODE } from "./client-metadata.ts";

test("O-107: after every flow nothing in the database could be presented", async () => {
  const database = temporarySqlite();
  const world = await startOAuthWorld(database.url);
  const canaries = new Map<string, string>();
  const keep = (what: string, value: unknown): string => {
    expect(value, what).toEqual(expect.stringMatching(/^.{8,}$/s));
    canaries.set(`${what} ${canaries.size}`, String(value));
    return String(value);
  };
  try {
    const client = await world.register();
    keep("client secret", client.secret);
    const browser = newBrowser(world.origin);
    const code = keep("code", (await world.authorize(client, {}, browser)).get("code"));
    for (const cookie of browser.cookies().split("; ")) {
      keep("cookie", cookie.slice(cookie.indexOf("=") + 1));
    }
    const { body } = await world.redeem(client, code);
    keep("access token", body.access_token);
    const { body: next } = await world.refresh(client, keep("refresh token", body.refresh_token));
    keep("access token", next.access_token);
    keep("refresh token", next.refresh_token);

    // One that is under way: its interaction is live.
    const asking = await fetch(world.authorizationUrl(client), { redirect: "manual" });
    keep("interaction", asking.headers.get("location")?.split("/").at(-1));
    for (const line of asking.headers.getSetCookie()) {
      const value = /=([^;]*)/.exec(line)?.[1] ?? "";
      if (value !== "") keep("interaction cookie", value);
    }

    const own = await world.post(client, "token", { grant_type: "client_credentials" });
    keep("own token", own.body.access_token);

    const { searchParams } = new URL(world.authorizationUrl(client));
    const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jti = keep("name of a proof", randomUUID());
    const said = { method: "POST", url: `${world.issuer}/oauth/token`, jti, at: Date.now() };
    const proof = keep("proof", aDpopProof(key, said));
    const jwtClient = await world.register({ accessTokenFormat: "jwt" });
    const bound = await fetch(said.url, {
      method: "POST",
      headers: { dpop: proof },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        ...{ client_id: jwtClient.id, client_secret: keep("secret", jwtClient.secret) },
      }),
    });
    const issued = (await bound.json()) as Record<string, unknown>;
    expect(issued.token_type).toBe("DPoP");
    const jwt = keep("JWT access token", issued.access_token);
    keep("signature of a JWT", jwt.split(".")[2]);

    const pushed = await world.post(client, "par", Object.fromEntries(searchParams));
    keep("request_uri", String(pushed.body.request_uri).split(":").at(-1));

    const device = await world.post(client, "device/code", { scope: "read:users" });
    const device_code = keep("device code", device.body.device_code);
    const user_code = keep("user code", device.body.user_code);
    const page = await browser.visit(String(device.body.verification_uri));
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.answer.text())?.[1] ?? "";
    await browser.submit(String(device.body.verification_uri), { xsrf, user_code, confirm: "yes" });
    const token = { grant_type: DEVICE_CODE, device_code };
    keep("access token", (await world.post(client, "token", token)).body.access_token);

    const registration = await fetch(`${world.issuer}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: ["https://client.example/callback"] }),
    });
    const itself = (await registration.json()) as Record<string, unknown>;
    keep("secret", itself.client_secret);
    keep("registration token", itself.registration_access_token);

    const files = ["", "-wal"].map((end) => readFileSync(`${database.path}${end}`, "latin1"));
    expect(files.join("")).toContain(client.id);
    for (const [what, canary] of canaries) {
      expect(
        files.some((text) => text.includes(canary)),
        what,
      ).toBe(false);
    }

    // And the other way round: what is there opens nothing.
    const digests = await storedDigests();
    expect(digests.length).toBeGreaterThan(5);
    for (const digest of digests) {
      for (const form of [digest, `ref.${digest}`]) {
        expect((await world.refresh(client, form)).status).toBe(400);
        const asked = { grant_type: DEVICE_CODE, device_code: form };
        expect((await world.post(client, "token", asked)).status).toBe(400);
        const introspected = await world.post(client, "introspect", { token: form });
        expect(introspected.body).toEqual({ active: false });
        await world.post(client, "revoke", { token: form });
      }
    }
    expect(await world.isLive(String(next.access_token))).toBe(true);
    expect(world.faults).toEqual([]);
  } finally {
    await world.close();
    database.remove();
  }

  async function storedDigests(): Promise<readonly string[]> {
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(database.path, { readOnly: true });
    const rows = db.prepare("select digest from oauth_artifact").all();
    db.close();
    return rows.map(({ digest }) => Buffer.from(digest as Uint8Array).toString("base64url"));
  }
});
