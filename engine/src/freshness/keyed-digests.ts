import { hash, randomFillSync } from "node:crypto";
import { hashBlock, type KeyedBlock } from "./blake3.ts";

const BLOCK_LENGTH = 64;

/**
 * From secrets to 256-bit digests under a key of this process's own, made at random: nobody can
 * choose secrets whose digests meet, and a digest says nothing to anybody else.
 */
export class KeyedDigests {
  readonly #block = new Int32Array(BLOCK_LENGTH / 4);
  readonly #digest = new Int32Array(8);
  readonly #short: KeyedBlock = this.#underNewKey();
  /** A key of its own: else the SHA-256 of a long secret would do in its place. */
  readonly #long: KeyedBlock = this.#underNewKey();

  /** The digest of `text` from `start` on; always the same array, overwritten by the next call. */
  of(text: string, start: number): Int32Array {
    const length = text.length - start;
    if (length <= BLOCK_LENGTH && this.#pack(text, start) < 128) {
      hashBlock(this.#short, length);
    } else {
      this.#pack(hash("sha256", text.slice(start), "latin1"), 0);
      hashBlock(this.#long, 32);
    }
    return this.#digest;
  }

  /** Fills the block with the characters from `start` on, a byte each; answers all codes ORed. */
  #pack(text: string, start: number): number {
    const block = this.#block;
    const { length } = text;
    let codes = 0;
    let word = 0;
    let at = start;
    for (; at + 3 < length; at += 4) {
      const first = text.charCodeAt(at);
      const second = text.charCodeAt(at + 1);
      const third = text.charCodeAt(at + 2);
      const fourth = text.charCodeAt(at + 3);
      codes |= first | second | third | fourth;
      block[word] = first | (second << 8) | (third << 16) | (fourth << 24);
      word += 1;
    }
    let rest = 0;
    for (let shift = 0; at < length; at += 1, shift += 8) {
      const code = text.charCodeAt(at);
      codes |= code;
      rest |= code << shift;
    }
    block[word] = rest;
    for (word += 1; word < block.length; word += 1) block[word] = 0;
    return codes;
  }

  #underNewKey(): KeyedBlock {
    return { key: randomFillSync(new Int32Array(8)), block: this.#block, result: this.#digest };
  }
}
