import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

type Input = CommandInput<"createPortalSession">;

let made = 0;

function aPortalSession({ n = 1, ...changes }: Partial<Input> & { n?: number } = {}): Input {
  made += 1;
  return {
    id: `ds_${n}`,
    digest: digestOf(`CANARY ${made}`),
    accountId: "acct_1",
    userId: "user_1",
    capabilities: { owner: ["usage:write"], admin: ["usage:write"], member: ["usage:read"] },
    returnUrl: null,
    expiresAt: NOW + 300_000,
    ...changes,
  };
}

/** What every store does with portal sessions. */
export function portalSessionsContract(open: () => Store): void {
  test("creates one for a user of the account, with what the user's role allows", async () => {
    const { write, events } = await aSceneWithAccount(open());
    await write("createUser", aUser());
    await write("createUser", aUser({ id: "user_2", email: null, role: "member" }));
    const returnUrl = "https://example.com/";
    expect(await write("createPortalSession", aPortalSession({ returnUrl }))).toEqual({
      id: "ds_1",
      accountId: "acct_1",
      userId: "user_1",
      capabilities: ["usage:write"],
      returnUrl,
      createdAt: NOW,
      expiresAt: NOW + 300_000,
    });
    const member = await write("createPortalSession", aPortalSession({ n: 2, userId: "user_2" }));
    expect(member.capabilities).toEqual(["usage:read"]);
    const made = (await events()).filter(({ type }) => type === "portal_session.created");
    expect(made.map(({ accountId, detail }) => ({ accountId, detail }))).toEqual(
      expect.arrayContaining([
        {
          accountId: "acct_1",
          detail: { portalSessionId: "ds_1", userId: "user_1", capabilities: ["usage:write"] },
        },
        {
          accountId: "acct_1",
          detail: { portalSessionId: "ds_2", userId: "user_2", capabilities: ["usage:read"] },
        },
      ]),
    );
  });

  test.each([
    ["who does not exist", { userId: "user_9" }],
    ["of another account", { accountId: "acct_2" }],
  ])("refuses a user %s", async (_who, changes) => {
    const { write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("createUser", aUser());
    const attempt = write("createPortalSession", aPortalSession(changes));
    await expectRefusal(attempt, "INVALID_REQUEST", { field: "userId" });
  });

  test("a new one clears away those that have expired, of its own API alone", async () => {
    const scenes = [await aSceneWithAccount(open()), await aSceneWithAccount(open())] as const;
    for (const { write } of scenes) {
      await write("createUser", aUser());
      await write("createPortalSession", aPortalSession({ n: 1 }));
      await write("createPortalSession", aPortalSession({ n: 2, expiresAt: NOW + 300_001 }));
    }
    const [here, there] = scenes;
    const at = NOW + 300_000;
    const third = aPortalSession({ n: 3, expiresAt: at + 300_000 });
    await here.write("createPortalSession", third, { at });
    // An id is taken for as long as its row is there.
    const again = (n: number) => here.write("createPortalSession", aPortalSession({ n }), { at });
    await expect(again(1)).resolves.toMatchObject({ id: "ds_1" });
    await expect(again(2)).rejects.toThrow();
    const other = there.write("createPortalSession", aPortalSession({ n: 1 }));
    await expect(other).rejects.toThrow();
  });

  test.each([
    ["a new password", "setPassword", { personId: "user_1", passwordHash: "new" }],
    ["a sign-out everywhere", "endSessions", { kind: "user", personId: "user_1" }],
  ] as const)(
    "%s ends the user's links that nobody opened, and no other",
    async (_what, name, input) => {
      const { store, write } = await aSceneWithAccount(open());
      await write("createUser", aUser());
      await write("createUser", aUser({ id: "user_2", email: null }));
      const mine = aPortalSession();
      const others = [
        aPortalSession({ n: 2, userId: "user_2" }),
        aPortalSession({ n: 3, userId: null }),
      ];
      for (const link of [mine, ...others]) await write("createPortalSession", link);
      await write(name, input as CommandInput<typeof name>);
      expect(await store.portalLinks.find(mine.digest, NOW)).toBeUndefined();
      for (const { digest } of others) {
        expect(await store.portalLinks.find(digest, NOW)).toBeDefined();
      }
      const later = aPortalSession({ n: 4 });
      await write("createPortalSession", later);
      expect(await store.portalLinks.find(later.digest, NOW)).toBeDefined();
    },
  );

  test.each<[string, (write: Scene["write"]) => Promise<unknown>]>([
    [
      "another role",
      (write) => write("addMembership", { userId: "user_1", accountId: "acct_1", role: "member" }),
    ],
    [
      "leaving the account for a moment",
      async (write) => {
        await write("removeMembership", { userId: "user_1", accountId: "acct_1" });
        await write("addMembership", { userId: "user_1", accountId: "acct_1", role: "owner" });
      },
    ],
  ])(
    "%s ends what the user's links there opened and can open, and no other",
    async (_what, end) => {
      const { api, store, write } = await aSceneWithAccount(open());
      await write("createAccount", anAccount({ id: "acct_2" }));
      await write("createUser", aUser());
      await write("addMembership", { userId: "user_1", accountId: "acct_2", role: "owner" });
      const unopened = aPortalSession();
      await write("createPortalSession", unopened);
      const digests: Uint8Array[] = [];
      for (const [n, changes] of [{}, { accountId: "acct_2" }, { userId: null }].entries()) {
        const capabilities = ["usage:write"] as const;
        const link = aPortalSession({ n: n + 2, capabilities, ...changes });
        await write("createPortalSession", link);
        const digest = digestOf(`session ${api} ${n}`);
        digests.push(digest);
        await write("openPortalSession", {
          ...{ id: `ses_${api}_${n}`, digest, linkDigest: link.digest, userAgent: "" },
          ...{ replaces: null, endsAt: NOW + 9000, expiresAt: NOW + 9000 },
        });
      }
      const same = { userId: "user_1", accountId: "acct_1", role: "owner" } as const;
      await write("addMembership", same);
      const opened = async () => {
        const found = digests.map((digest) => store.sessions.find(digest, NOW));
        return (await Promise.all(found)).map((session) => session !== undefined);
      };
      expect(await opened()).toEqual([true, true, true]);
      await end(write);
      expect(await opened()).toEqual([false, true, true]);
      expect(await store.portalLinks.find(unopened.digest, NOW)).toBeUndefined();
    },
  );
}
