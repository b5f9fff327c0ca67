import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Policy, secretDigest } from "@latchkey/engine";
import type { Accounts } from "./accounts/accounts.ts";
import type { ApiKeys } from "./accounts/api-keys.ts";
import type { Call } from "./accounts/call.ts";
import type { Store } from "./store/store.ts";

/** A key with which an API can be tried at once. */
export interface DemoKey {
  /** The API's slug. */
  readonly api: string;
  readonly key: string;
  /** A path below the mount that answers with who is asking. */
  readonly path: string;
}

const ACCOUNT = "acct_demo";
const TEST_PATHS: Readonly<Record<string, string>> = { standard: "/v2/auth/test" };

/**
 * A working key for each API, made on the first start and kept in `file` (mode 0600) so that the
 * next start can show it again. One that was revoked or has expired is replaced.
 */
export async function provideDemoKeys(parts: {
  readonly file: string;
  readonly policies: readonly Policy[];
  readonly store: Store;
  readonly accounts: Accounts;
  readonly apiKeys: ApiKeys;
}): Promise<readonly DemoKey[]> {
  const kept = readKept(parts.file);
  const keys: Record<string, string> = {};
  for (const policy of parts.policies.filter(({ schemes }) => schemes.includes("api-key"))) {
    const key = kept[policy.slug];
    const works = key !== undefined && (await isLive(parts.store, policy.slug, key));
    keys[policy.slug] = works ? key : await issue(parts, policy);
  }
  if (JSON.stringify(keys) !== JSON.stringify(kept)) keep(parts.file, keys);
  return parts.policies.flatMap(({ slug, renderer }) => {
    const key = keys[slug];
    return key === undefined ? [] : [{ api: slug, key, path: TEST_PATHS[renderer] ?? "/" }];
  });
}

async function isLive(store: Store, api: string, key: string): Promise<boolean> {
  const { credential } = await store.credentials.resolve(api, "api-key", secretDigest(key));
  return credential !== undefined && credential.revokedAt === null && credential.expiresAt === null;
}

async function issue(
  { store, accounts, apiKeys }: { store: Store; accounts: Accounts; apiKeys: ApiKeys },
  { slug, scopes }: Policy,
): Promise<string> {
  const actor = { kind: "system", id: null } as const;
  const call: Call = { api: slug, actor, requestId: null, address: null };
  if ((await store.accounts.find(slug, ACCOUNT)) === undefined) {
    await accounts.create(call, { id: ACCOUNT, name: "Demo account" });
  }
  const draft = { name: "Demo key", accountId: ACCOUNT, scopes: Object.keys(scopes) };
  return (await apiKeys.issue(call, draft)).key;
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
