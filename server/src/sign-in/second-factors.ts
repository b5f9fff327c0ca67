import { ApiError, type Clock, invalidField } from "@latchkey/engine";
import { type Sealing, SealingError } from "../store/sealing.ts";
import { type SealedSeed, totpPlace } from "../store/second-factors.ts";
import { type Store, systemContext } from "../store/store.ts";
import { deedOf, placeOf } from "./deed.ts";
import type { CodeMethod, Person, SecondFactors, Whence } from "./people.ts";
import { codeDigest, newCodes } from "./recovery-codes.ts";
import { type Throttle, triesOf } from "./throttle.ts";
import { newSeed, shownSeed, stepOf } from "./totp.ts";

/** What an app calls an installation's own account. */
const OPERATORS = "Latchkey";
/** Nothing that is longer is looked at. */
const MOST_CODE = 64;
/** Seeds that are read at once. */
const ROWS = 200;

/** Second factors, kept in `store`; seeds are sealed. */
export function createSecondFactors(parts: {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly throttle: Throttle;
}): SecondFactors {
  const { store, sealing, clock, throttle } = parts;

  const totpOf = ({ api, id }: Person) => store.secondFactors.totp(placeOf(api), id);

  function opened({ api, id }: Person, sealed: Uint8Array): Uint8Array {
    return sealing.open(sealed, totpPlace(placeOf(api), id));
  }

  async function methodOf(
    person: Person,
    code: string,
    whence: Whence,
  ): Promise<CodeMethod | undefined> {
    const totp = await totpOf(person);
    if (totp?.confirmed !== true || code.length > MOST_CODE) return undefined;
    const at = clock();
    const { id: personId } = person;
    const context = deedOf(person, whence, at);
    const digest = codeDigest(person, code);
    if (digest !== undefined) {
      const { output } = await store.write("useRecoveryCode", { personId, digest }, context);
      return output.first ? "recovery-code" : undefined;
    }
    const step = stepOf(opened(person, totp.sealed), code.replace(/\s/g, ""), at);
    if (step === undefined) return undefined;
    const { output } = await store.write(
      "useTotpStep",
      { personId, sealed: totp.sealed, step },
      context,
    );
    return output.first ? "totp" : undefined;
  }

  return {
    async of({ api, id }) {
      const place = placeOf(api);
      const [person, totp, passkeys, recoveryCodesLeft] = await Promise.all([
        store.people.find(place, id),
        store.secondFactors.totp(place, id),
        store.passkeys.list(place, id),
        store.secondFactors.recoveryCodesLeft(place, id),
      ]);
      return {
        password: person?.passwordHash != null,
        totp: totp?.confirmed === true,
        passkeys: passkeys.length,
        recoveryCodesLeft,
      };
    },

    checkCode: (person, code, whence) =>
      throttle.attempt(
        triesOf(`code ${placeOf(person.api)} ${person.id}`, whence.address),
        async () => {
          const method = await methodOf(person, code, whence);
          if (method !== undefined) return { method };
          const failed = { personId: person.id, outcome: "failed", methods: ["code"] } as const;
          await store.write("noteSignIn", failed, deedOf(person, whence, clock()));
          return undefined;
        },
      ),

    async beginTotp(person, whence) {
      const seed = newSeed();
      const sealed = sealing.seal(seed, totpPlace(placeOf(person.api), person.id));
      const input = { personId: person.id, sealed };
      const { output } = await store.write("beginTotp", input, deedOf(person, whence, clock()));
      if (!output.begun)
        throw new ApiError("CONFLICT", "An authenticator app is set up; remove it.");
      const known = await store.people.find(placeOf(person.api), person.id);
      return shownSeed(seed, { issuer: person.api ?? OPERATORS, label: known?.email ?? person.id });
    },

    async confirmTotp(person, code, whence) {
      const totp = await totpOf(person);
      if (totp === undefined || totp.confirmed) {
        throw new ApiError("CONFLICT", "There is no authenticator app that waits for its code.");
      }
      const at = clock();
      const step = stepOf(opened(person, totp.sealed), code.replace(/\s/g, ""), at);
      if (step === undefined) throw wrongCode();
      const recoveryCodes = newCodes();
      const digests = digestsOf(person, recoveryCodes);
      const input = { personId: person.id, sealed: totp.sealed, step, digests };
      const { output } = await store.write("confirmTotp", input, deedOf(person, whence, at));
      if (!output.confirmed) throw wrongCode();
      return { recoveryCodes };
    },

    async removeTotp(person, whence) {
      const input = { personId: person.id };
      await store.write("removeTotp", input, deedOf(person, whence, clock()));
    },

    async newRecoveryCodes(person, whence) {
      const codes = newCodes();
      const input = { personId: person.id, digests: digestsOf(person, codes) };
      await store.write("replaceRecoveryCodes", input, deedOf(person, whence, clock()));
      return codes;
    },
  };
}

/** Brings every seed under the newest master key, and says how many none of the keys opens. */
export async function resealSeeds(parts: {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly until?: AbortSignal;
}): Promise<{ readonly resealed: number; readonly lost: number }> {
  const { store, sealing, clock, until } = parts;
  let resealed = 0;
  let lost = 0;

  async function reseal({ api, personId, sealed: from }: SealedSeed): Promise<void> {
    until?.throwIfAborted();
    const place = totpPlace(api, personId);
    const to = sealing.seal(sealing.open(from, place), place);
    await store.write("resealTotp", { personId, from, to }, systemContext(api, clock()));
    resealed += 1;
  }

  let after: SealedSeed | undefined;
  do {
    const rows = await store.secondFactors.seeds(after, ROWS);
    for (const row of rows.filter(({ sealed }) => !sealing.isNewest(sealed))) {
      await reseal(row).catch((fault: unknown) => {
        if (!(fault instanceof SealingError)) throw fault;
        lost += 1;
      });
    }
    after = rows.length < ROWS ? undefined : rows.at(-1);
  } while (after !== undefined);
  return { resealed, lost };
}

function digestsOf(person: Person, codes: readonly string[]): Uint8Array[] {
  return codes.map((code) => codeDigest(person, code)).filter((digest) => digest !== undefined);
}

function wrongCode(): ApiError {
  return invalidField("code", "The code is wrong, or too old.");
}
