import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Answer } from "../answer.ts";

/** Where calls are made whose answers are searched afterwards. */
interface VerifierScene {
  operator(method: string, path: string, body?: unknown): Promise<Answer>;
  follow(path: string, last: string): Promise<void>;
}

const API = "/v1/apis/standard";

/** Calls everything that verifiers call, and follows every change that there was. */
export async function followVerifiers(
  scene: VerifierScene,
  { key, admin }: { readonly key: string; readonly admin: string },
): Promise<void> {
  const lease = { verifier: "vrf_000000000000000000000001", appliedSeq: 0 };
  const { head } = (await scene.operator("POST", `${API}/leases`, lease)).json;
  expect(head).toBeGreaterThan(20);
  await scene.operator("GET", `${API}/verifiers`);
  const questions = [key, admin].map((secret) => ({
    about: "credential",
    scheme: "api-key",
    name: createHash("sha256").update(secret).digest("base64url"),
  }));
  const { answers } = (await scene.operator("POST", `${API}/resolve`, { questions })).json;
  expect(answers).toMatchObject([{ credential: {} }, { credential: {} }]);
  const count = {
    ...{ accountId: answers[0].account.id, credentialId: answers[0].credential.id },
    ...{ hour: new Date().toISOString(), allowed: 1, denied: 0 },
    ...{ lastAllowedAt: null, clientVersion: null },
  };
  await scene.operator("POST", `${API}/usage`, { counts: [count] });
  const slice = { limit: "unknown", key: count.credentialId, need: 1, spare: 0 };
  await scene.operator("POST", `${API}/slices`, { slices: [slice] });
  await scene.follow(`${API}/changes?after=0`, `"seq":${head},`);
}
