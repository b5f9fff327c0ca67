import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { type Clock, invalidField } from "@latchkey/engine";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { StoredPasskey } from "../store/passkeys.ts";
import type { Store } from "../store/store.ts";
import type { Challenges } from "./challenges.ts";
import { deedOf, placeOf } from "./deed.ts";
import type { PasskeyRecord, Passkeys, Person, Whence } from "./people.ts";
import { type Throttle, triesFrom } from "./throttle.ts";

const TIMEOUT_MILLIS = 5 * 60 * 1000;
/** EdDSA, ES256 and RS256 (IANA COSE Algorithms): what authenticators know today. */
const ALGORITHMS = [-8, -7, -257];

/** Large, so that no start waits for it. */
const webAuthn = () => import("@simplewebauthn/server");

type Read = NonNullable<ReturnType<Challenges["read"]>>;

/** Passkeys, kept in `store`, for the host of `publicUrl`; each is used with user verification. */
export function createPasskeys(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly challenges: Challenges;
  readonly throttle: Throttle;
  readonly publicUrl: string;
}): Passkeys {
  const { store, clock, challenges, throttle } = parts;
  const { hostname: rpID, origin } = new URL(parts.publicUrl);

  /** Says yes to a challenge of ours, and remembers it. */
  function expected(purpose: string) {
    const seen: { read?: Read | undefined } = {};
    const expectedChallenge = (challenge: string) => {
      seen.read = challenges.read(challenge, purpose);
      return seen.read !== undefined;
    };
    const common = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpID };
    return { seen, ...common, requireUserVerification: true };
  }

  async function registered(person: Person, response: unknown) {
    const { seen, ...expectation } = expected(registrationOf(person));
    const { verifyRegistrationResponse } = await webAuthn();
    const isPlain = await hasNoCertificates(response as RegistrationResponseJSON);
    const proven = isPlain
      ? await verifyRegistrationResponse({
          ...expectation,
          response: response as RegistrationResponseJSON,
          supportedAlgorithmIDs: ALGORITHMS,
        }).catch(() => undefined)
      : undefined;
    const { id = "", publicKey } = proven?.registrationInfo?.credential ?? {};
    const isFit = CREDENTIAL_ID.test(id) && (publicKey?.length ?? 0) <= MOST_PUBLIC_KEY;
    if (proven?.verified !== true || seen.read === undefined || !isFit) {
      throw invalidField("response", "The response proves no passkey.");
    }
    return { credential: proven.registrationInfo.credential, read: seen.read };
  }

  /** The person whose passkey it is, once it has signed a challenge of ours. */
  async function ownerOf(
    api: string | null,
    response: unknown,
    { whence, binding }: { whence: Whence; binding: string },
  ): Promise<{ person: Person } | undefined> {
    const id = idOf(response);
    const stored = id === undefined ? undefined : await store.passkeys.find(placeOf(api), id);
    if (stored === undefined) return undefined;
    const { id: known, publicKey, counter } = stored;
    const person = personOf(api, stored);
    const { seen, ...expectation } = expected(authenticationOf(api, binding));
    const { verifyAuthenticationResponse } = await webAuthn();
    const proven = await verifyAuthenticationResponse({
      ...expectation,
      response: response as AuthenticationResponseJSON,
      credential: { id: known, publicKey: new Uint8Array(publicKey), counter },
    }).catch(() => undefined);
    const context = deedOf(person, whence, clock());
    const isKnown = (await store.people.find(placeOf(api), person.id)) !== undefined;
    const isTheirs = proven?.verified === true && isHandleOf(person, response);
    if (!isTheirs || seen.read === undefined || !isKnown) {
      const failed = { personId: person.id, outcome: "failed", methods: ["passkey"] } as const;
      await store.write("noteSignIn", failed, context);
      return undefined;
    }
    const input = {
      id: known,
      counterBefore: counter,
      counter: proven.authenticationInfo.newCounter,
      challengeDigest: seen.read.digest,
      challengeExpiresAt: seen.read.expiresAt,
    };
    const { output } = await store.write("usePasskey", input, context);
    return output.used ? { person } : undefined;
  }

  return {
    usable: isIP(rpID.replace(/^\[|\]$/g, "")) === 0,

    async registrationOptions(person) {
      const { api, id } = person;
      const [known, passkeys] = await Promise.all([
        store.people.find(placeOf(api), id),
        store.passkeys.list(placeOf(api), id),
      ]);
      const { generateRegistrationOptions } = await webAuthn();
      const options = await generateRegistrationOptions({
        rpName: api ?? "Latchkey",
        rpID,
        userID: userHandleOf(person),
        userName: known?.email ?? id,
        userDisplayName: known?.name ?? "",
        challenge: challenges.make(registrationOf(person)),
        timeout: TIMEOUT_MILLIS,
        attestationType: "none",
        supportedAlgorithmIDs: ALGORITHMS,
        excludeCredentials: passkeys.map((passkey) => ({ id: passkey.id })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      });
      return { ...options };
    },

    async register(person, { name, response }, whence) {
      const { credential, read } = await registered(person, response);
      const input = {
        id: credential.id,
        personId: person.id,
        name,
        publicKey: credential.publicKey,
        counter: credential.counter,
        transports: transportsOf(credential),
        challengeDigest: read.digest,
        challengeExpiresAt: read.expiresAt,
      };
      const context = deedOf(person, whence, clock());
      return shown((await store.write("addPasskey", input, context)).output);
    },

    async authenticationOptions(api, binding = "") {
      const { generateAuthenticationOptions } = await webAuthn();
      const options = await generateAuthenticationOptions({
        rpID,
        challenge: challenges.make(authenticationOf(api, binding)),
        timeout: TIMEOUT_MILLIS,
        userVerification: "required",
      });
      return { ...options };
    },

    authenticate: (api, response, whence, binding = "") =>
      throttle.attempt(triesFrom(whence.address), () =>
        ownerOf(api, response, { whence, binding }),
      ),

    list: async ({ api, id }) => (await store.passkeys.list(placeOf(api), id)).map(shown),

    async remove(person, id, whence) {
      const input = { personId: person.id, id };
      await store.write("removePasskey", input, deedOf(person, whence, clock()));
    },
  };
}

const registrationOf = ({ api, id }: Person) => `register ${placeOf(api)} ${id}`;
const authenticationOf = (api: string | null, binding: string) =>
  `authenticate ${placeOf(api)} ${binding}`;

/**
 * Whether nobody but the authenticator itself vouches for it, as was asked. The library fetches
 * what the certificates of others name, from wherever they say.
 */
async function hasNoCertificates({ response }: RegistrationResponseJSON): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await import("@simplewebauthn/server/helpers");
  try {
    const bytes = isoBase64URL.toBuffer(response.attestationObject);
    const attestation = decodeAttestationObject(bytes);
    const format = attestation.get("fmt");
    if (format === "none") return true;
    return format === "packed" && attestation.get("attStmt").get("x5c") === undefined;
  } catch {
    return false;
  }
}

/** Of at most 1023 bytes (WebAuthn Level 3 §4), base64url; nothing else goes to the store. */
const CREDENTIAL_ID = /^[A-Za-z0-9_-]{1,1364}$/;

/** In bytes, as a COSE_Key; an RSA key of 8,192 bits has some 1,040. */
const MOST_PUBLIC_KEY = 2048;

/** How authenticators are reached (Web Authentication §5.8.4). */
const TRANSPORTS = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/** What the browser says of it, which may be anything. */
function transportsOf({ transports }: { readonly transports?: unknown }): readonly string[] {
  return TRANSPORTS.filter((one) => Array.isArray(transports) && transports.includes(one));
}

function idOf(response: unknown): string | undefined {
  const id = typeof response === "object" && response !== null && "id" in response && response.id;
  return typeof id === "string" && CREDENTIAL_ID.test(id) ? id : undefined;
}

/** Not the id itself: authenticators show it to nobody and keep it for good. */
function userHandleOf({ api, id }: Person): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    createHash("sha256")
      .update(`${placeOf(api)} ${id}`)
      .digest(),
  );
}

/** Whether a proven answer is in the name of its passkey's person (Web Authentication §7.2, step 6). */
function isHandleOf(person: Person, response: unknown): boolean {
  const { userHandle } = (response as AuthenticationResponseJSON).response;
  if (typeof userHandle !== "string") return false;
  return Buffer.from(userHandle, "base64url").equals(userHandleOf(person));
}

function personOf(api: string | null, { personId }: StoredPasskey): Person {
  return { kind: api === null ? "operator" : "user", api, id: personId };
}

function shown({ id, name, createdAt, lastUsedAt }: StoredPasskey): PasskeyRecord {
  return { id, name, createdAt, lastUsedAt };
}
