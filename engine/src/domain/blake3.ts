/** The first four words of SHA-256's initial state. */
const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a] as const;
/** CHUNK_START, CHUNK_END, ROOT and KEYED_HASH: the only block of a keyed hash. */
const ONLY_BLOCK = 1 | 2 | 8 | 16;
const ROUNDS = 7;

/** The 8 words of a key, and the 8 of a result; little-endian. */
export interface KeyedHash {
  readonly key: Int32Array;
  readonly result: Int32Array;
}

/**
 * Writes BLAKE3's `keyed_hash` of the first `byteCount` bytes of 16 words, of which the others must
 * be 0. Made of additions, rotations and XOR alone, so the time it takes says nothing of the input.
 *
 * Only for what never leaves this process: all else is hashed by `node:crypto`, which has nothing
 * keyed that takes less than ten times as long. State and message are variables of their own,
 * because arrays of them take several times as long.
 */
export function hashBlock({ key, result }: KeyedHash, block: Int32Array, byteCount: number): void {
  let v0 = key[0] as number;
  let v1 = key[1] as number;
  let v2 = key[2] as number;
  let v3 = key[3] as number;
  let v4 = key[4] as number;
  let v5 = key[5] as number;
  let v6 = key[6] as number;
  let v7 = key[7] as number;
  let v8: number = IV[0];
  let v9: number = IV[1];
  let v10: number = IV[2];
  let v11: number = IV[3];
  let v12 = 0;
  let v13 = 0;
  let v14 = byteCount;
  let v15 = ONLY_BLOCK;
  let m0 = block[0] as number;
  let m1 = block[1] as number;
  let m2 = block[2] as number;
  let m3 = block[3] as number;
  let m4 = block[4] as number;
  let m5 = block[5] as number;
  let m6 = block[6] as number;
  let m7 = block[7] as number;
  let m8 = block[8] as number;
  let m9 = block[9] as number;
  let m10 = block[10] as number;
  let m11 = block[11] as number;
  let m12 = block[12] as number;
  let m13 = block[13] as number;
  let m14 = block[14] as number;
  let m15 = block[15] as number;
  for (let round = 1; ; round += 1) {
    // The columns of the state.
    v0 = (v0 + v4 + m0) | 0;
    v12 = rotated(v12 ^ v0, 16);
    v8 = (v8 + v12) | 0;
    v4 = rotated(v4 ^ v8, 12);
    v0 = (v0 + v4 + m1) | 0;
    v12 = rotated(v12 ^ v0, 8);
    v8 = (v8 + v12) | 0;
    v4 = rotated(v4 ^ v8, 7);
    v1 = (v1 + v5 + m2) | 0;
    v13 = rotated(v13 ^ v1, 16);
    v9 = (v9 + v13) | 0;
    v5 = rotated(v5 ^ v9, 12);
    v1 = (v1 + v5 + m3) | 0;
    v13 = rotated(v13 ^ v1, 8);
    v9 = (v9 + v13) | 0;
    v5 = rotated(v5 ^ v9, 7);
    v2 = (v2 + v6 + m4) | 0;
    v14 = rotated(v14 ^ v2, 16);
    v10 = (v10 + v14) | 0;
    v6 = rotated(v6 ^ v10, 12);
    v2 = (v2 + v6 + m5) | 0;
    v14 = rotated(v14 ^ v2, 8);
    v10 = (v10 + v14) | 0;
    v6 = rotated(v6 ^ v10, 7);
    v3 = (v3 + v7 + m6) | 0;
    v15 = rotated(v15 ^ v3, 16);
    v11 = (v11 + v15) | 0;
    v7 = rotated(v7 ^ v11, 12);
    v3 = (v3 + v7 + m7) | 0;
    v15 = rotated(v15 ^ v3, 8);
    v11 = (v11 + v15) | 0;
    v7 = rotated(v7 ^ v11, 7);
    // Its diagonals.
    v0 = (v0 + v5 + m8) | 0;
    v15 = rotated(v15 ^ v0, 16);
    v10 = (v10 + v15) | 0;
    v5 = rotated(v5 ^ v10, 12);
    v0 = (v0 + v5 + m9) | 0;
    v15 = rotated(v15 ^ v0, 8);
    v10 = (v10 + v15) | 0;
    v5 = rotated(v5 ^ v10, 7);
    v1 = (v1 + v6 + m10) | 0;
    v12 = rotated(v12 ^ v1, 16);
    v11 = (v11 + v12) | 0;
    v6 = rotated(v6 ^ v11, 12);
    v1 = (v1 + v6 + m11) | 0;
    v12 = rotated(v12 ^ v1, 8);
    v11 = (v11 + v12) | 0;
    v6 = rotated(v6 ^ v11, 7);
    v2 = (v2 + v7 + m12) | 0;
    v13 = rotated(v13 ^ v2, 16);
    v8 = (v8 + v13) | 0;
    v7 = rotated(v7 ^ v8, 12);
    v2 = (v2 + v7 + m13) | 0;
    v13 = rotated(v13 ^ v2, 8);
    v8 = (v8 + v13) | 0;
    v7 = rotated(v7 ^ v8, 7);
    v3 = (v3 + v4 + m14) | 0;
    v14 = rotated(v14 ^ v3, 16);
    v9 = (v9 + v14) | 0;
    v4 = rotated(v4 ^ v9, 12);
    v3 = (v3 + v4 + m15) | 0;
    v14 = rotated(v14 ^ v3, 8);
    v9 = (v9 + v14) | 0;
    v4 = rotated(v4 ^ v9, 7);
    if (round === ROUNDS) break;
    // The words of the message change places, all sixteen in one or two circles.
    const moved0 = m0;
    m0 = m2;
    m2 = m3;
    m3 = m10;
    m10 = m12;
    m12 = m9;
    m9 = m11;
    m11 = m5;
    m5 = moved0;
    const moved1 = m1;
    m1 = m6;
    m6 = m4;
    m4 = m7;
    m7 = m13;
    m13 = m14;
    m14 = m15;
    m15 = m8;
    m8 = moved1;
  }
  result[0] = v0 ^ v8;
  result[1] = v1 ^ v9;
  result[2] = v2 ^ v10;
  result[3] = v3 ^ v11;
  result[4] = v4 ^ v12;
  result[5] = v5 ^ v13;
  result[6] = v6 ^ v14;
  result[7] = v7 ^ v15;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
