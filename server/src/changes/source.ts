import type { CredentialMaterial, Source } from "@latchkey/engine";
import { type SecretLife, type StoredMaterial, secretPlace } from "../store/material.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import type { NodeLease } from "./node-lease.ts";

/**
 * The source, asked only while the node's lease holds: a database that was replaced answers too. What
 * it says counts while the lease holds: an answer may have waited for longer, with a node that was
 * frozen or a network that was slow. Once it is renewed, the memory knows whether that is outdated.
 */
export function leasedSource(source: Source, { ensure }: Pick<NodeLease, "ensure">): Source {
  async function leased<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    await ensure();
    const answer = await ask();
    await ensure();
    return answer;
  }

  return {
    credential: (scheme, digest) => leased(() => source.credential(scheme, digest)),
    account: (id) => leased(() => source.account(id)),
    user: (id) => leased(() => source.user(id)),
  };
}

/**
 * The store as an engine of its own process asks it. Secrets that sign are unsealed here, for the
 * memory of that engine alone; it rejects when one cannot be opened, so the request is refused.
 */
export function createSource(parts: {
  readonly store: Pick<Store, "credentials" | "accounts" | "users">;
  readonly api: string;
  readonly sealing: Sealing;
}): Source {
  const { store, api, sealing } = parts;
  return {
    async credential(scheme, digest) {
      const { material, ...answer } = await store.credentials.resolve(api, scheme, digest);
      if (answer.credential === undefined || material === undefined) {
        return { ...answer, material: undefined };
      }
      const { id } = answer.credential;
      return { ...answer, material: opened(material, { api, id, sealing }) };
    },
    account: (id) => store.accounts.resolve(api, id),
    user: (id) => store.users.resolve(api, id),
  };
}

interface Place {
  readonly api: string;
  readonly id: string;
  readonly sealing: Sealing;
}

function opened(material: StoredMaterial, { api, id, sealing }: Place): CredentialMaterial {
  switch (material.kind) {
    case "public-key":
      return { kind: "public-key", spki: Buffer.from(material.spki, "base64") };
    case "shared-secrets": {
      const secrets = material.secrets.map((stored, i) => ({
        secret: sealing.open(Buffer.from(stored.sealed, "base64"), secretPlace(api, id, stored.id)),
        ...lifeOf(stored, material.secrets[i + 1]),
      }));
      return { kind: "shared-secrets", secrets };
    }
    case "secret-digests": {
      const digests = material.digests.map((stored, i) => ({
        digest: Buffer.from(stored.digest, "base64"),
        ...lifeOf(stored, material.digests[i + 1]),
      }));
      return { kind: "secret-digests", digests };
    }
  }
}

/** Secrets stand in the order in which they were made: what follows one is its successor. */
function lifeOf({ endsAt, brownOuts = [] }: SecretLife, successor: SecretLife | undefined) {
  return { endsAt, brownOuts, rotatedAt: endsAt === null ? undefined : successor?.createdAt };
}
