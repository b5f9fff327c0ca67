import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./answer.ts";
import { type Door, doorsOf } from "./doors.ts";
import { type RunningServer, startServer } from "./running-server.ts";
import { sharedJwt, userJwt } from "./signed-jwt.ts";

// Every way to present a credential, in every profile that takes it, and every way to name an
// account: no credential reaches one that is not its own or its child, and none says that it is there.

type Headers = Readonly<Record<string, string>>;

/** A credential, anew for each request, and the accounts that it may act for. */
interface Credential {
  readonly name: string;
  readonly present: () => Headers;
  readonly reach: readonly string[];
}

/** Which is whose child, in each API alike. */
const ACCOUNTS: Readonly<Record<string, object>> = {
  acct_platform: { kind: "platform", plan: "SCALE" },
  acct_child: { parentId: "acct_platform" },
  acct_child2: { parentId: "acct_platform" },
  acct_rival: { kind: "platform", plan: "SCALE" },
  acct_theirs: { parentId: "acct_rival" },
  acct_org: { kind: "organization" },
  acct_team: { kind: "team", parentId: "acct_org" },
  acct_rivals: { kind: "organization" },
  acct_single: {},
};
const NO_ACCOUNT = "acct_none";
const PLATFORM = ["acct_platform", "acct_child", "acct_child2"];
const ORGANIZATION = ["acct_org", "acct_team"];

/** Where each user belongs. */
const USERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  user_single: ["acct_single"],
  user_both: ["acct_single", "acct_theirs"],
  user_platform: ["acct_platform", "acct_child"],
  user_child: ["acct_child"],
  user_children: ["acct_child", "acct_child2"],
  user_mixed: ["acct_child", "acct_theirs"],
  user_theirs: ["acct_theirs"],
  user_org: ["acct_org"],
  user_team: ["acct_team"],
  user_rivals: ["acct_rivals"],
};

/** How accounts can be named: as the profile has it, and in every way that a policy can say. */
const PROFILES = Object.keys(profiles);
const WIDE = {
  accountHeader: "x-account",
  endpoints: [{ match: "/v9/accounts/{accountId}/**", account: "accountId" }],
};
const BOUNDLESS = {
  failures: [],
  limits: { apiKey: null, oauth: null, jwt: null, anonymous: null },
};
const APIS = PROFILES.flatMap((name) => [
  { slug: name, extends: name, ...BOUNDLESS },
  { slug: `${name}-wide`, extends: name, ...BOUNDLESS, ...WIDE },
]);

interface Asked {
  readonly path: string;
  readonly headers?: Headers;
}

/** Every way to name the account, for a credential whose own is `own`. */
function meansOf(account: string, own: string): Readonly<Record<string, Asked>> {
  const inPath = `/v9/accounts/${account}/things`;
  const everywhere = {
    "x-savvycal-account": account,
    "x-account": account,
    "x-latchkey-account": account,
    "x-account-id": account,
    "x-organization-id": account,
  };
  return {
    "by header": { path: "/v9/things", headers: everywhere },
    "by path": { path: inPath },
    "by path and header": { path: inPath, headers: everywhere },
    "by path, its own by header": { path: inPath, headers: { "x-account": own } },
    "by header, its own by path": { path: `/v9/accounts/${own}/things`, headers: everywhere },
    "by query": { path: `/v9/things?account_id=${account}&accountId=${account}` },
    "as an organization": { path: `/v2/organizations/${account}/teams` },
    "as a child": { path: `/v1/accounts/${account}`, headers: everywhere },
    "as who is asking": { path: "/v1/account", headers: everywhere },
  };
}

let server: RunningServer;
/** By API. */
const credentials = new Map<string, readonly Credential[]>();
beforeAll(async () => {
  server = await startServer({ policy: { apis: APIS } });
  for (const { slug, extends: profile } of APIS) {
    for (const [id, more] of Object.entries(ACCOUNTS)) {
      await server.create(slug, "accounts", { id, name: nameOf(id), ...more });
    }
    for (const [id, [accountId, ...others]] of Object.entries(USERS)) {
      await server.create(slug, "users", { id, accountId });
      for (const accountId of others) {
        await server.create(slug, `users/${id}/memberships`, { accountId });
      }
    }
    const all = [...(await keysOf(slug, profile)), ...((await OTHERS[profile]?.(slug)) ?? [])];
    credentials.set(slug, all);
  }
});
afterAll(() => server?.stop());

/** What an account is called: nobody else may read it. */
const nameOf = (account: string) => `The name of ${account}`;

async function keysOf(api: string, profile: string): Promise<readonly Credential[]> {
  const drafts: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
    ["an account's key", { accountId: "acct_single" }, ["acct_single"]],
    ["a user's key", { accountId: "acct_single", userId: "user_single" }, ["acct_single"]],
    ["a key of a user of two", { accountId: "acct_single", userId: "user_both" }, ["acct_single"]],
    ["a platform's key", { accountId: "acct_platform" }, PLATFORM],
    // Only where the user belongs, too.
    [
      "a platform user's key",
      { accountId: "acct_platform", userId: "user_platform" },
      ["acct_platform", "acct_child"],
    ],
    ["a child's key", { accountId: "acct_child" }, ["acct_child"]],
    ["an organization's key", { accountId: "acct_org" }, ORGANIZATION],
    ["a team's key", { accountId: "acct_team" }, ["acct_team"]],
  ];
  const all: Credential[] = [];
  for (const [name, draft, reach] of drafts) {
    const { key } = await server.issueKey(draft, api);
    const present = () =>
      profile === "signed-keys" ? { "x-api-key": key } : { authorization: `Bearer ${key}` };
    all.push({ name, present, reach });
  }
  return all;
}

/** What a profile takes besides keys. */
const OTHERS: Readonly<Record<string, (api: string) => Promise<readonly Credential[]>>> = {
  async standard(api) {
    const secretOf = async (accountId: string) => {
      const draft = { accountId, issuer: accountId };
      return (await server.create(api, "jwt-secrets", draft)).secret;
    };
    const by = (secret: string, iss: string, sub: string) => () => ({
      authorization: `Bearer ${sharedJwt(secret, { iss, sub })}`,
    });
    const single = await secretOf("acct_single");
    const platform = await secretOf("acct_platform");
    return [
      ...["user_single", "user_both", "user_theirs", "user_none"].map((sub) => ({
        name: `an account's JWT of ${sub}`,
        present: by(single, "acct_single", sub),
        reach: ["acct_single"],
      })),
      ...["user_child", "user_mixed", "user_theirs"].map((sub) => ({
        name: `a platform's JWT of ${sub}`,
        present: by(platform, "acct_platform", sub),
        reach: PLATFORM,
      })),
    ];
  },

  async savvycal(api) {
    const all: Credential[] = [];
    for (const [accountId, subjects] of Object.entries({
      acct_single: { user_single: ["acct_single"], user_both: ["acct_single"] },
      acct_platform: {
        user_platform: ["acct_platform", "acct_child"],
        user_child: ["acct_child"],
        user_children: ["acct_child", "acct_child2"],
        user_mixed: ["acct_child"],
      },
      acct_org: { user_org: ["acct_org"], user_team: ["acct_team"] },
    })) {
      const key = await server.create(api, "signing-keys", { accountId, name: "test" });
      for (const [sub, reach] of Object.entries<readonly string[]>(subjects)) {
        const present = () => ({ authorization: `Bearer ${userJwt(key, { sub })}` });
        all.push({ name: `a JWT of ${sub} by ${accountId}`, present, reach });
      }
    }
    return all;
  },

  async calcom(api) {
    const { clientId, clientSecret } = await aClient(api, "acct_platform");
    const present = () => ({ "x-cal-client-id": clientId, "x-cal-secret-key": clientSecret });
    return [{ name: "a platform's client", present, reach: PLATFORM }];
  },

  async "signed-keys"(api) {
    const all: Credential[] = [];
    const app = await server.create(api, "organization-keys", { accountId: "acct_org" });
    for (const [userId, accountId] of [
      ["user_org", "acct_org"],
      ["user_team", "acct_team"],
    ] as const) {
      const draft = { userId, accountId, signing: "required" };
      const { key, signingSecret = "" } = await server.issueKey(draft, api);
      // Also where the organization signs: its user is no member of its teams.
      const reach = [accountId];
      const signed = () => ({ "x-api-key": key, "x-signature": sharedJwt(signingSecret, { key }) });
      const cosigned = () => ({
        "x-api-key": key,
        "x-app-key": app.appKey,
        "x-app-signature": sharedJwt(app.appSecret, { key: app.appKey }),
      });
      all.push({ name: `a signed key of ${userId}`, present: signed, reach });
      all.push({ name: `${userId} by its organization`, present: cosigned, reach });
      const both = () => ({ ...signed(), ...cosigned() });
      all.push({ name: `${userId}, signed twice`, present: both, reach });
    }
    return all;
  },
};

function aClient(api: string, accountId: string): Promise<Answer["json"]> {
  return server.create(api, "applications", {
    accountId,
    name: "Client",
    kind: "platform",
    permissions: ["*"],
    redirectUris: ["https://app.example.com"],
  });
}

/** The account that the API would act for; `undefined`: refused, or no business of an account. */
function actsFor(door: string, answer: Answer): string | undefined {
  if (answer.status !== 200) return undefined;
  if (door === "forward-auth") return answer.headers["x-latchkey-account"];
  return answer.json.principal?.accountId ?? answer.json.id;
}

const OWN_TO_EACH = new Set([
  "content-length",
  "date",
  "x-credential-expires-at",
  "x-latchkey-request-id",
  "x-request-id",
]);

/** All that the answer tells, but what differs between any two, and the account that was named. */
function tells({ status, text, headers }: Answer, account: string): object {
  const fixed = Object.entries(headers).filter(([name]) => !OWN_TO_EACH.has(name));
  if (status === 200) return { status, text, fixed };
  // Some refusals repeat the path.
  const body = text.replace(/"timestamp":"[^"]+"/, "").replaceAll(account, "ACCOUNT");
  return { status, body, fixed };
}

function askAt(door: Door, api: string, { present }: Credential, asked: Asked): Promise<Answer> {
  return door(api, `GET ${asked.path}`, { ...present(), ...asked.headers });
}

const CASES = APIS.map(({ slug }) => slug).flatMap((api) =>
  (["facade", "forward-auth", "verify"] as const).map((door) => [api, door] as const),
);

describe.each(CASES)("%s at %s:", (api, doorName) => {
  const door: Door = (...asked) => doorsOf(server)[doorName](...asked);

  test("no credential reaches a foreign account, or learns that it is there", async () => {
    const all = credentials.get(api) ?? [];
    expect(all.length).toBeGreaterThan(7);
    let compared = 0;
    for (const credential of all) {
      const own = credential.reach[0] ?? "";
      const missing = meansOf(NO_ACCOUNT, own);
      const foreign = Object.keys(ACCOUNTS).filter((id) => !credential.reach.includes(id));
      for (const [means, asked] of Object.entries(missing)) {
        const expected = tells(await askAt(door, api, credential, asked), NO_ACCOUNT);
        const answers = await Promise.all(
          foreign.map((account) =>
            askAt(door, api, credential, meansOf(account, own)[means] ?? asked),
          ),
        );
        for (const [i, answer] of answers.entries()) {
          const account = foreign[i] ?? "";
          const told = { name: credential.name, means, account };
          expect({ ...told, ...tells(answer, account) }).toEqual({ ...told, ...expected });
          expect(answer.text).not.toContain(nameOf(account));
          const acted = actsFor(doorName, answer);
          if (acted !== undefined) expect(credential.reach, means).toContain(acted);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(400);
  });
});

describe.each(CASES.filter(([api]) => api.endsWith("-wide")))("%s at %s:", (api, doorName) => {
  test("each reaches what is its own, or its child", async () => {
    const door = doorsOf(server)[doorName];
    for (const credential of credentials.get(api) ?? []) {
      for (const account of credential.reach) {
        for (const means of ["by header", "by path", "by path and header"]) {
          const asked = meansOf(account, account)[means] ?? { path: "" };
          const answer = await askAt(door, api, credential, asked);
          const told = [credential.name, means, answer.status, actsFor(doorName, answer)];
          expect(told).toEqual([credential.name, means, 200, account]);
        }
      }
    }
  });
});

describe.each(PROFILES)("%s:", (profile) => {
  test("a credential of another API of the deployment is none here", async () => {
    const other: Readonly<Record<string, string>> = {
      [profile]: `${profile}-wide`,
      [`${profile}-wide`]: profile,
    };
    for (const [from, to] of Object.entries(other)) {
      for (const credential of credentials.get(from) ?? []) {
        for (const [door, ask] of Object.entries(doorsOf(server))) {
          const answer = await askAt(ask, to, credential, { path: "/v9/things" });
          const told = [credential.name, door, answer.status];
          expect(told).toEqual([credential.name, door, 401]);
        }
      }
    }
  });

  test("nor is one of another profile", async () => {
    for (const from of PROFILES.filter((name) => name !== profile)) {
      for (const credential of credentials.get(from) ?? []) {
        const { status } = await askAt(doorsOf(server).facade, profile, credential, {
          path: "/v9/things",
        });
        expect([from, credential.name, status]).toEqual([from, credential.name, 401]);
      }
    }
  });

  test("no key is made for a user of another account", async () => {
    for (const userId of ["user_theirs", "user_child", "user_none"]) {
      const draft = { name: "x", accountId: "acct_single", userId };
      const answer = await server.operator("POST", `/v1/apis/${profile}/api-keys`, draft);
      expect([userId, answer.status]).toEqual([userId, 400]);
    }
  });
});

describe("a user of another account", () => {
  test("is nobody in a JWT of savvycal, like one that does not exist", async () => {
    for (const api of ["savvycal", "savvycal-wide"]) {
      for (const [accountId, subjects] of [
        ["acct_single", ["user_theirs", "user_child", "user_org"]],
        ["acct_platform", ["user_single", "user_theirs", "user_rivals"]],
        ["acct_org", ["user_rivals", "user_child"]],
      ] as const) {
        const key = await server.create(api, "signing-keys", { accountId, name: "x" });
        for (const [door, ask] of Object.entries(doorsOf(server))) {
          for (const path of ["/v1/user", "/v9/things", "/v9/accounts/acct_theirs/things"]) {
            const answerFor = async (sub: string, account: string) => {
              const authorization = `Bearer ${userJwt(key, { sub })}`;
              const named = { "x-savvycal-account": account, "x-account": account };
              return tells(await ask(api, `GET ${path}`, { authorization, ...named }), account);
            };
            const nobody = await answerFor("user_none", NO_ACCOUNT);
            expect(nobody).toMatchObject({ status: 401 });
            for (const sub of subjects) {
              for (const account of ["acct_theirs", "acct_single", NO_ACCOUNT]) {
                const told = { door, path, sub, account };
                const answer = await answerFor(sub, account);
                expect({ ...told, ...answer }).toEqual({ ...told, ...nobody });
              }
            }
          }
        }
      }
    }
  });

  test("is a name and no more in a JWT of standard", async () => {
    const draft = { accountId: "acct_single", issuer: "names" };
    const { secret } = await server.create("standard", "jwt-secrets", draft);
    for (const sub of ["user_theirs", "user_child", "user_none"]) {
      const authorization = `Bearer ${sharedJwt(secret, { iss: "names", sub })}`;
      const request = { method: "GET", url: "/v9/things", headers: { authorization } };
      const { json } = await server.operator("POST", "/v1/apis/standard/verify", { request });
      const { userId, subject, accountId } = json.principal;
      expect([userId, subject, accountId]).toEqual([null, sub, "acct_single"]);
    }
  });

  test("is refused to an organization that signs for it, whoever it is", async () => {
    const app = await server.create("signed-keys", "organization-keys", { accountId: "acct_org" });
    const answers: object[] = [];
    for (const [accountId, userId] of [
      ["acct_rivals", "user_rivals"],
      ["acct_single", "user_single"],
      ["acct_theirs", "user_theirs"],
      ["acct_single", null],
      ["acct_platform", null],
    ]) {
      const { key } = await server.issueKey({ accountId, userId }, "signed-keys");
      for (const [door, ask] of Object.entries(doorsOf(server))) {
        const answer = await ask("signed-keys", "GET /auth/test", {
          "x-api-key": key,
          "x-app-key": app.appKey,
          "x-app-signature": sharedJwt(app.appSecret, { key: app.appKey }),
        });
        expect([door, accountId, answer.status]).toEqual([door, accountId, 403]);
        answers.push({ text: answer.text });
      }
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

test("a platform's client opens nothing with another platform's id, nor its key", async () => {
  const ours = await aClient("calcom", "acct_platform");
  const theirs = await aClient("calcom", "acct_rival");
  const secret = { "x-cal-secret-key": ours.clientSecret };
  const { key } = await server.issueKey({ accountId: "acct_platform" }, "calcom");
  const path = `/v2/oauth-clients/${theirs.clientId}`;
  for (const [door, ask] of Object.entries(doorsOf(server))) {
    for (const asked of [
      { path: `${path}/users`, headers: { ...secret } },
      { path: `${path}/users`, headers: { ...secret, "x-cal-client-id": ours.clientId } },
      { path: "/v2/me", headers: { ...secret, "x-cal-client-id": theirs.clientId } },
    ]) {
      const answer = await ask("calcom", `GET ${asked.path}`, asked.headers);
      expect([door, asked.path, answer.status]).toEqual([door, asked.path, 401]);
      expect(answer.text).not.toContain("acct_");
    }
  }
  const headers = { authorization: `Bearer ${key}` };
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const body = method === "PATCH" ? { name: "Mine" } : undefined;
    const asked = { method, path: `/calcom${path}`, headers };
    const answer = await server.ask(body === undefined ? asked : { ...asked, body });
    expect([method, answer.status]).toEqual([method, 403]);
    expect(answer.text).not.toContain("acct_rival");
  }
  const list = await server.ask({ path: "/calcom/v2/oauth-clients", headers });
  expect(list.text).toContain(ours.clientId);
  expect(list.text).not.toContain(theirs.clientId);
});
