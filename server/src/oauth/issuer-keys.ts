import { createPrivateKey, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "@latchkey/engine";
import type { JWK } from "oidc-provider";
import {
  type IssuerKeyRecord,
  issuerKeyPlace,
  type NewIssuerKey,
  type SealedIssuerKey,
} from "../store/issuer-keys.ts";
import { type Sealing, SealingError } from "../store/sealing.ts";
import { type Store, systemContext, type WriteContext } from "../store/store.ts";

const generate = promisify(generateKeyPair);

/** ES256 signs what may choose; RS256 is what OpenID Connect clients expect unasked. */
const ALGORITHMS = ["ES256", "RS256"] as const;
const ROWS = 200;

/** What keys are made, kept and opened with. */
export interface KeyParts {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly context: WriteContext;
}

/**
 * An API's private keys as JWKs: those that sign first, then those that are published before they
 * sign and after. What is missing is made and kept, sealed. A retired one that no master key opens is
 * left out, so that a rotation puts such keys behind.
 */
export async function issuerKeys(parts: KeyParts): Promise<readonly JWK[]> {
  const opened = (await ensureKeys(parts)).flatMap((key) => openUnlessLost(key, parts) ?? []);
  const order = ["current", "next", "retired"];
  return opened
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map(({ jwk }) => jwk);
}

/** All keys, once there is one of each algorithm that signs, and one that will. */
export async function ensureKeys(parts: KeyParts): Promise<readonly IssuerKeyRecord[]> {
  const { store, context } = parts;
  const keys = await store.issuerKeys.list(context.api);
  const missing = (["current", "next"] as const).flatMap((status) =>
    ALGORITHMS.filter((algorithm) => !keys.some((key) => isOf(key, algorithm, status))).map(
      (algorithm) => ({ algorithm, status }),
    ),
  );
  if (missing.length === 0) return keys;
  const made = await Promise.all(
    missing.map(async ({ algorithm, status }) => ({
      ...(await makeKey(algorithm, parts)),
      status,
    })),
  );
  for (const key of made) await store.write("addIssuerKey", key, context);
  return store.issuerKeys.list(context.api);
}

/** A new pair of each algorithm, that nothing knows yet. */
export function makeSuccessors(parts: KeyParts): Promise<readonly NewIssuerKey[]> {
  return Promise.all(ALGORITHMS.map((algorithm) => makeKey(algorithm, parts)));
}

function isOf(key: IssuerKeyRecord, algorithm: string, status: string): boolean {
  return key.status === status && key.algorithm === algorithm;
}

async function makeKey(
  algorithm: (typeof ALGORITHMS)[number],
  { sealing, context }: KeyParts,
): Promise<NewIssuerKey> {
  const { privateKey, publicKey } =
    algorithm === "ES256"
      ? await generate("ec", { namedCurve: "P-256" })
      : await generate("rsa", { modulusLength: 2048 });
  const id = `iss_${randomBytes(12).toString("hex")}`;
  const plain = privateKey.export({ format: "der", type: "pkcs8" });
  return {
    id,
    algorithm,
    publicKey: JSON.stringify(publicKey.export({ format: "jwk" })),
    sealed: sealing.seal(plain, issuerKeyPlace(context.api, id)),
  };
}

function openUnlessLost(key: IssuerKeyRecord, parts: KeyParts) {
  try {
    return open(key, parts);
  } catch (fault) {
    if (fault instanceof SealingError && key.status === "retired") return undefined;
    throw fault;
  }
}

function open(key: IssuerKeyRecord, { sealing, context }: KeyParts) {
  const { id, algorithm, status, sealed } = key;
  const der = Buffer.from(sealing.open(sealed, issuerKeyPlace(context.api, id)));
  const jwk = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "jwk",
  });
  return { status, jwk: { ...jwk, kid: id, alg: algorithm, use: "sig" } };
}

/**
 * Brings the keys of every API under the newest master key, so that the older one can be dropped: also
 * of one that the policy has not at present, for it may come back. `lost` are those that none of the
 * master keys opens; `<id> in <api>`, the first ten.
 */
export async function resealIssuerKeys(parts: {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly until?: AbortSignal;
}): Promise<{ readonly resealed: number; readonly lost: readonly string[] }> {
  const { store, sealing, clock, until } = parts;
  let resealed = 0;
  const lost: string[] = [];

  async function reseal({ api, id, sealed }: SealedIssuerKey): Promise<void> {
    until?.throwIfAborted();
    const place = issuerKeyPlace(api, id);
    const again = sealing.seal(sealing.open(sealed, place), place);
    await store.write("resealIssuerKey", { id, sealed: again }, systemContext(api, clock()));
    resealed += 1;
  }

  let after: SealedIssuerKey | undefined;
  do {
    const keys = await store.issuerKeys.sealed(after, ROWS);
    for (const key of keys.filter(({ sealed }) => !sealing.isNewest(sealed))) {
      await reseal(key).catch((fault: unknown) => {
        if (!(fault instanceof SealingError)) throw fault;
        if (lost.length < 10) lost.push(`${key.id} in ${key.api}`);
      });
    }
    after = keys.length < ROWS ? undefined : keys.at(-1);
  } while (after !== undefined);
  return { resealed, lost };
}
