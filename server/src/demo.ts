import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isKey, type Policy, secretDigest } from "@latchkey/engine";
import type { Accounts } from "./accounts/accounts.ts";
import type { ApiKeys } from "./accounts/api-keys.ts";
import type { Call } from "./accounts/call.ts";
import type { Users } from "./accounts/users.ts";
import type { Store } from "./store/store.ts";

/** A key with which an API can be tried at once. */
export interface DemoKey {
  /** The API's slug. */
  readonly api: string;
  /** The header line that carries the key, as this API takes it. */
  readonly header: string;
  /** A path below the mount that answers with who is asking. */
  readonly path: string;
}

interface DemoParts {
  readonly file: string;
  readonly policies: readonly Policy[];
  readonly store: Store;
  readonly accounts: Accounts;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
}

const ACCOUNT = "acct_demo";
const USER = "user_demo";
/** Profiles whose keys belong to a person. */
const PERSONAL: readonly string[] = ["calcom"];
const TEST_PATHS: Readonly<Record<string, string>> = {
  standard: "/v2/auth/test",
  savvycal: "/v1/account",
  calcom: "/v2/me",
  "signed-keys": "/auth/test",
};

/**
 * A working key for each API, made on the first start and kept in `file` (mode 0600) so that the
 * next start can show it again. One that was revoked, has expired or has another form than the policy
 * wants by now is replaced.
 */
export async function provideDemoKeys(parts: DemoParts): Promise<readonly DemoKey[]> {
  const kept = readKept(parts.file);
  const keys: Record<string, string> = {};
  for (const policy of parts.policies.filter(takesKeys)) {
    const key = kept[policy.slug];
    const works = key !== undefined && (await isLive(parts.store, policy, key));
    keys[policy.slug] = works ? key : await issue(parts, policy);
  }
  if (JSON.stringify(keys) !== JSON.stringify(kept)) keep(parts.file, keys);
  return parts.policies.flatMap((policy) => {
    const { slug, renderer } = policy;
    const key = keys[slug];
    if (key === undefined) return [];
    return [{ api: slug, header: headerOf(policy, key), path: TEST_PATHS[renderer] ?? "/" }];
  });
}

/** Either scheme takes keys; a key of ours may go unsigned. */
function takesKeys({ schemes }: Policy): boolean {
  return schemes.includes("api-key") || schemes.includes("signed-request");
}

function headerOf({ schemes }: Policy, key: string): string {
  return schemes.includes("api-key") ? `Authorization: Bearer ${key}` : `x-api-key: ${key}`;
}

async function isLive(store: Store, { slug, keyFormat }: Policy, key: string): Promise<boolean> {
  // The policy may have had another one when the key was made.
  if (!isKey(keyFormat, key)) return false;
  const { credential } = await store.credentials.resolve(slug, "api-key", secretDigest(key));
  return credential !== undefined && credential.revokedAt === null && credential.expiresAt === null;
}

async function issue(parts: DemoParts, { slug, scopes, renderer }: Policy): Promise<string> {
  const { store, accounts, apiKeys } = parts;
  const actor = { kind: "system", id: null } as const;
  const call: Call = { api: slug, actor, requestId: null, address: null };
  if ((await store.accounts.find(slug, ACCOUNT)) === undefined) {
    await accounts.create(call, { id: ACCOUNT, name: "Demo account" });
  }
  const userId = PERSONAL.includes(renderer) ? USER : null;
  if (userId !== null) await provideUser(parts, call);
  const draft = { name: "Demo key", accountId: ACCOUNT, userId, scopes: Object.keys(scopes) };
  return (await apiKeys.issue(call, draft)).key;
}

async function provideUser({ store, users }: DemoParts, call: Call): Promise<void> {
  const membership = { accountId: ACCOUNT, role: "owner" } as const;
  const user = await store.users.find(call.api, USER);
  if (user === undefined) {
    // Without an email: somebody may have it already.
    await users.create(call, { ...membership, id: USER, name: "Demo user" });
  } else if (!user.memberships.some(({ accountId }) => accountId === ACCOUNT)) {
    // Who tried things out took it out of the account, and the key ended with that.
    await users.addMembership(call, USER, membership);
  }
}

function readKept(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Missing or torn: the keys are made anew.
    return {};
  }
}

function keep(file: string, keys: Readonly<Record<string, string>>): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
