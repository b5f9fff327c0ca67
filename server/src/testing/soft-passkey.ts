import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  type Attestation,
  type Attested,
  bytes as cborBytes,
  text as cborText,
} from "./attestation.ts";

/** A passkey in software that says that it has verified its user, whatever it is asked. */
export interface SoftPasskey {
  /** Answers `navigator.credentials.create`; nobody vouches for it but who `attest` says. */
  register(options: Options, attest?: (about: Attested) => Attestation): Record<string, unknown>;
  /** Answers `navigator.credentials.get`. */
  sign(options: Options, lie?: Lie): Record<string, unknown>;
}

/** What is not as it should be. */
interface Lie {
  /** Of the page that asked. */
  readonly origin?: string;
  /** The host that the authenticator was asked for. */
  readonly host?: string;
  /** Somebody was there, and nobody looked who. */
  readonly unverified?: true;
  /** How often it has signed: a copy of the key counts anew. */
  readonly counter?: number;
  /** Whose it says to be; `null`: it does not say. */
  readonly userHandle?: string | null;
}

interface Options {
  readonly challenge: string;
  /** Whose it is to be. */
  readonly user?: { readonly id: string };
}

const USER_PRESENT = 1;
const USER_VERIFIED = 4;
const ATTESTED = 64;

/** How an authenticator makes its passkeys. */
interface Make {
  readonly idBytes?: number;
  /** What its public key holds beside the key. */
  readonly paddingBytes?: number;
  readonly transports?: unknown;
}

/** One for a host, asked by pages of an origin (W3C Web Authentication §6.1, ES256). */
export function newSoftPasskey(origin: string, make: Make = {}): SoftPasskey {
  const { idBytes = 16, paddingBytes = 0, transports } = make;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(idBytes);
  const rpIdHash = (host: string) => createHash("sha256").update(host).digest();
  const { hostname } = new URL(origin);
  let counter = 0;
  let userHandle = "";

  const authData = (flags: number, rest: Uint8Array = new Uint8Array(), lie: Lie = {}) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(lie.unverified ? flags & ~USER_VERIFIED : flags);
    counter += 1;
    head.writeUInt32BE(lie.counter ?? counter, 1);
    return Buffer.concat([rpIdHash(lie.host ?? hostname), head, rest]);
  };
  const clientData = (type: string, { challenge }: Options, lie: Lie = {}) =>
    Buffer.from(
      JSON.stringify({ type, challenge, origin: lie.origin ?? origin, crossOrigin: false }),
    );
  const answer = (response: Record<string, Buffer>) => ({
    ...{ id: text(id), rawId: text(id), type: "public-key", clientExtensionResults: {} },
    response: Object.fromEntries(Object.entries(response).map(([name, it]) => [name, text(it)])),
  });

  return {
    register(options, attest) {
      userHandle = options.user?.id ?? "";
      const { x = "", y = "" } = publicKey.export({ format: "jwk" });
      // CBOR (RFC 8949): the COSE key {1: 2, 3: -7, -1: 1, -2: x, -3: y} of RFC 9053 §7.1.1.
      const head = Buffer.from([0xa6, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
      const middle = Buffer.from([0x22, 0x58, 32]);
      const padding = [Buffer.from([0x18, 99]), cborBytes(Buffer.alloc(paddingBytes))];
      const key = Buffer.concat([head, bytes(x), middle, bytes(y), ...padding]);
      const length = Buffer.from([id.length >> 8, id.length & 0xff]);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, key]);
      const data = authData(USER_PRESENT | USER_VERIFIED | ATTESTED, attested);
      const clientDataJSON = clientData("webauthn.create", options);
      const clientDataHash = createHash("sha256").update(clientDataJSON).digest();
      const about = { publicKey, privateKey, authData: data, clientDataHash };
      const none = { format: "none", statement: Buffer.from([0xa0]) };
      const { format, statement } = attest?.(about) ?? none;
      const attestationObject = Buffer.concat([
        ...[Buffer.from([0xa3]), cborText("fmt"), cborText(format)],
        ...[cborText("attStmt"), statement, cborText("authData"), cborBytes(data)],
      ]);
      const { response, ...rest } = answer({ clientDataJSON, attestationObject });
      return { ...rest, response: { ...response, transports } };
    },

    sign(options, lie) {
      const authenticatorData = authData(USER_PRESENT | USER_VERIFIED, undefined, lie);
      const clientDataJSON = clientData("webauthn.get", options, lie);
      const digest = createHash("sha256").update(clientDataJSON).digest();
      const signature = sign("sha256", Buffer.concat([authenticatorData, digest]), privateKey);
      const handle = lie?.userHandle === undefined ? userHandle : lie.userHandle;
      const said = handle === null ? {} : { userHandle: bytes(handle) };
      return answer({ clientDataJSON, authenticatorData, signature, ...said });
    },
  };
}

const text = (it: Uint8Array) => Buffer.from(it).toString("base64url");
const bytes = (it: string) => Buffer.from(it, "base64url");
