import { hash, randomFillSync } from "node:crypto";
import { hashBlock, type KeyedHash } from "../domain/blake3.ts";
import type { PresentedSecret } from "../domain/presented-secret.ts";

const SHA_256_BYTES = 32;

/**
 * From secrets to 256-bit digests under a key of this process's own, made at random: nobody can
 * choose secrets whose digests meet, and a digest says nothing to anybody else.
 */
export class KeyedDigests {
  readonly #digest = new Int32Array(8);
  readonly #short = this.#underNewKey();
  /** A key of its own: else the SHA-256 of a long secret would do in its place. */
  readonly #long = this.#underNewKey();
  readonly #sha256 = new Int32Array(16);

  /** The digest of a secret; always the same array, overwritten by the next call. */
  of(secret: PresentedSecret): Int32Array {
    if (secret.isShort) hashBlock(this.#short, secret.words, secret.length);
    else this.#ofLong(secret.text.slice(secret.start));
    return this.#digest;
  }

  #ofLong(secret: string): void {
    new Uint8Array(this.#sha256.buffer).set(hash("sha256", secret, "buffer"));
    hashBlock(this.#long, this.#sha256, SHA_256_BYTES);
  }

  #underNewKey(): KeyedHash {
    return { key: randomFillSync(new Int32Array(8)), result: this.#digest };
  }
}
