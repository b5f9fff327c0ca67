import { expect, test } from "vitest";
import { hashBlock } from "./blake3.ts";

/** The key, and the bytes 0, 1, 2, … as input, of the BLAKE3 project's test vectors. */
const KEY = words(Buffer.from("whats the Elvish word for friend"));

function words(bytes: Uint8Array): Int32Array {
  return new Int32Array(new Uint8Array(bytes).buffer);
}

test.each([
  [0, "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26"],
  [1, "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b"],
  [3, "39e67b76b5a007d4921969779fe666da67b5213b096084ab674742f0d5ec62b9"],
  [44, "d0018b005386c4b25f238fa0514022e412b9b497113719d3af0813ec43e5f7dd"],
  [63, "bb1eb5d4afa793c1ebdd9fb08def6c36d10096986ae0cfe148cd101170ce37ae"],
  [64, "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6"],
])("computes BLAKE3's keyed hash of %d bytes", (byteCount, expected) => {
  const input = new Uint8Array(64);
  for (let i = 0; i < byteCount; i += 1) input[i] = i;
  const result = new Int32Array(8);
  hashBlock({ key: KEY, result }, words(input), byteCount);
  expect(Buffer.from(result.buffer).toString("hex")).toBe(expected);
});
