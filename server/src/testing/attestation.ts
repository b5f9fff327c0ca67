import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** What a new passkey's maker says of it: the CBOR of an attestation object's `attStmt`. */
export interface Attestation {
  readonly format: string;
  readonly statement: Uint8Array;
}

/** What an attestation is about. */
export interface Attested {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly authData: Uint8Array;
  /** SHA-256 of the client data. */
  readonly clientDataHash: Uint8Array;
}

const ES256 = Buffer.from([0x26]);

/** The passkey's own word for itself (Web Authentication §6.5.4, self attestation). */
export function selfAttestation(about: Attested): Attestation {
  const statement = [text("alg"), ES256, text("sig"), bytes(signed(about))];
  return { format: "packed", statement: Buffer.concat([Buffer.from([0xa2]), ...statement]) };
}

/**
 * What a phone says of its key (Web Authentication §8.4), under a root of one's own making. Whoever
 * wants to know whether its certificate was revoked is to ask `revocationList`.
 */
export function phoneAttestation(about: Attested, revocationList: string): Attestation {
  const maker = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificates = [
    certificateOf(about.publicKey, maker.privateKey, [
      extension("2.5.29.31", crlOf(revocationList)),
      extension("1.3.6.1.4.1.11129.2.1.17", keyDescription(about.clientDataHash)),
    ]),
    certificateOf(maker.publicKey, maker.privateKey, [
      extension("2.5.29.19", der(0x30, der(0x01, Buffer.from([0xff])))),
    ]),
  ];
  const statement = [
    ...[text("alg"), ES256, text("sig"), bytes(signed(about))],
    ...[text("x5c"), Buffer.from([0x82]), ...certificates.map(bytes)],
  ];
  return { format: "android-key", statement: Buffer.concat([Buffer.from([0xa3]), ...statement]) };
}

/** A text of at most 23 bytes in CBOR. */
export const text = (it: string) => Buffer.concat([Buffer.from([0x60 + it.length]), latin(it)]);

/** Bytes in CBOR, in the shortest form. */
export function bytes(it: Uint8Array): Uint8Array {
  const { length } = it;
  if (length < 24) return Buffer.concat([Buffer.from([0x40 + length]), it]);
  const head = length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), it]);
}

function signed({ authData, clientDataHash, privateKey }: Attested): Uint8Array {
  return sign("sha256", Buffer.concat([authData, clientDataHash]), privateKey);
}

function certificateOf(of: KeyObject, by: KeyObject, extensions: readonly Uint8Array[]) {
  const algorithm = der(0x30, oid("1.2.840.10045.4.3.2"));
  const name = der(0x30, der(0x31, der(0x30, oid("2.5.4.3"), der(0x0c, latin("Maker")))));
  const body = der(
    0x30,
    ...[der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.from([1]))],
    ...[algorithm, name],
    der(0x30, der(0x17, latin("200101000000Z")), der(0x17, latin("490101000000Z"))),
    ...[name, of.export({ type: "spki", format: "der" })],
    der(0xa3, der(0x30, ...extensions)),
  );
  return der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign("sha256", body, by)));
}

const extension = (id: string, value: Uint8Array) => der(0x30, oid(id), der(0x04, value));

const crlOf = (url: string) => der(0x30, der(0x30, der(0xa0, der(0xa0, der(0x86, latin(url))))));

function keyDescription(challenge: Uint8Array): Uint8Array {
  const [three, one] = [Buffer.from([3]), Buffer.from([1])];
  const versions = [der(0x02, three), der(0x0a, one), der(0x02, three), der(0x0a, one)];
  return der(0x30, ...versions, der(0x04, challenge), der(0x04), der(0x30), der(0x30));
}

/** X.690 §8: a tag, how long, and what. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = Buffer.concat(parts);
  const { length } = value;
  const sizes = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...sizes]), value]);
}

function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  const digits = (it: number): number[] =>
    it < 128 ? [it] : [...digits(it >> 7).map((digit) => digit | 128), it & 127];
  return der(0x06, Buffer.from([first * 40 + second, ...others.flatMap(digits)]));
}

const latin = (it: string) => Buffer.from(it, "latin1");
