import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";

/** Where a sealed value lies. It opens nowhere else: the place is part of what is authenticated. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly api: string;
  /** What names the value within the column: the row's id, and the part where there are several. */
  readonly row: string;
}

/** Seals the secrets that must be read again. Nothing of the master keys leaves it. */
export interface Sealing {
  /** Always under the newest master key. */
  seal(plain: Uint8Array, place: SealedPlace): Uint8Array;
  /** @throws {SealingError} Its key is not here, or it was changed or moved. */
  open(sealed: Uint8Array, place: SealedPlace): Uint8Array;
  /** Whether it is sealed under the newest master key. */
  isNewest(sealed: Uint8Array): boolean;
}

/** A sealed value cannot be opened; the message says why, and holds no part of it. */
export class SealingError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "SealingError";
  }
}

/** version ‖ key id ‖ nonce ‖ ciphertext ‖ tag */
const VERSION = 1;
const KEY_ID_AT = 1;
const NONCE_AT = 5;
const CIPHERTEXT_AT = 17;
const TAG_BYTES = 16;

interface SealingKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/**
 * AES-256-GCM under keys derived from the master keys, newest first. A value says by which key it
 * was sealed, so that all are found while the master key is being replaced.
 */
export function createSealing(masterKeys: readonly Uint8Array[]): Sealing {
  const keys = masterKeys.map(sealingKey);
  const [newest] = keys;
  if (newest === undefined) throw new Error("sealing needs a master key");

  return {
    seal(plain, place) {
      const head = Buffer.concat([Buffer.of(VERSION), newest.id]);
      const nonce = randomBytes(CIPHERTEXT_AT - NONCE_AT);
      const cipher = createCipheriv("aes-256-gcm", newest.key, nonce);
      cipher.setAAD(associated(head, place));
      return Buffer.concat([
        head,
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },

    open(sealed, place) {
      if (sealed.length < CIPHERTEXT_AT + TAG_BYTES || sealed[0] !== VERSION) {
        throw new SealingError(`${nameOf(place)} has no form of a sealed value.`);
      }
      const head = sealed.subarray(0, NONCE_AT);
      const key = keys.find(({ id }) => id.equals(head.subarray(KEY_ID_AT)))?.key;
      if (key === undefined) {
        throw new SealingError(`${nameOf(place)} is sealed under another LATCHKEY_SECRET.`);
      }
      const tagAt = sealed.length - TAG_BYTES;
      const decipher = createDecipheriv(
        "aes-256-gcm",
        key,
        sealed.subarray(NONCE_AT, CIPHERTEXT_AT),
      );
      decipher.setAAD(associated(head, place));
      decipher.setAuthTag(sealed.subarray(tagAt));
      try {
        const plain = decipher.update(sealed.subarray(CIPHERTEXT_AT, tagAt));
        return Buffer.concat([plain, decipher.final()]);
      } catch (cause) {
        throw new SealingError(`${nameOf(place)} was changed, or sealed for another row.`, {
          cause,
        });
      }
    },

    isNewest: (sealed) =>
      sealed[0] === VERSION && newest.id.equals(sealed.subarray(KEY_ID_AT, NONCE_AT)),
  };
}

function sealingKey(master: Uint8Array): SealingKey {
  const id = createHash("sha256").update("latchkey sealing key id").update(master).digest();
  return {
    id: id.subarray(0, NONCE_AT - KEY_ID_AT),
    key: createSecretKey(Buffer.from(hkdfSync("sha256", master, "", "latchkey sealing", 32))),
  };
}

/** Each name after its length, so that no two places give the same bytes. */
function associated(head: Uint8Array, { table, column, api, row }: SealedPlace): Buffer {
  const names = [table, column, api, row].map((name) => `${Buffer.byteLength(name)}:${name}`);
  return Buffer.concat([head, Buffer.from(names.join(""))]);
}

function nameOf({ table, column, api, row }: SealedPlace): string {
  return `${table}.${column} of ${row} in ${api}`;
}
