import { expect, test } from "vitest";
import { hideSecrets, loggedPath } from "./hidden-secrets.ts";

test.each([
  ["/v2/users", "/v2/users"],
  ["/v2/users?access_token=secret", "/v2/users"],
  ["/v2/users#secret", "/v2/users"],
  ["", ""],
  ["?secret", ""],
  ["http://user:secret@host/v2?x", "/v2"],
  ["http://user:secret@host", ""],
  [
    "/v1/apis/a/api-keys/key_ac3f8844369dbdb9fc9cea4a",
    "/v1/apis/a/api-keys/key_ac3f8844369dbdb9fc9cea4a",
  ],
  [
    "/v2/users/655f50ae-a044-42a5-a0bc-570eb3f9b2de",
    "/v2/users/655f50ae-a044-42a5-a0bc-570eb3f9b2de",
  ],
  [
    "/v2/users/655F50AE-A044-42A5-A0BC-570EB3F9B2DE",
    "/v2/users/655F50AE-A044-42A5-A0BC-570EB3F9B2DE",
  ],
  ["/getAllProjectsOfTheCurrentUserNow", "/getAllProjectsOfTheCurrentUserNow"],
  ["/traces/4bf92f3577b34da6a3ce929d0e0e4736", "/traces/4bf92f3577b34da6a3ce929d0e0e4736"],
  ["/how-to-write-a-very-long-path-in-2030", "/how-to-write-a-very-long-path-in-2030"],
])("shows of %j: %j", (target, shown) => {
  expect(loggedPath(target)).toBe(shown);
});

test.each([
  "lk_live_VUHOmiNQ1Idh2GiLGiEnKxKoPp3sfH1JfZDV",
  "cal_0123456789abcdef0123456789abcdef",
  "cal_live_0123456789abcdef0123456789abcdef",
  "lkop_Jw3x-9_hV7d2Qk1Zb5Yc8Rf4Tg6Up0So2Ni1Ml3",
  "eyJhbGciOiJFUzI1NiIsImtpZCI6Ik1",
  "canary-noCNqUJzaPgIFajvZuyMaGxSsk-ogqre",
  "800668e893f2a513713337fff14e16c277ff0a3feb92e2109ee79af89e81ac80",
])("hides %s, wherever in the path", (secret) => {
  expect(loggedPath(`/v2/${secret}/x`)).toBe("/v2/[hidden]/x");
  expect(loggedPath(`/v2/${secret}@host?${secret}`)).toBe("/v2/[hidden]@host");
  expect(loggedPath(`/v2/key:${secret}`)).toBe("/v2/key:[hidden]");
  expect(hideSecrets(`the scope "${secret}".`)).toBe('the scope "[hidden]".');
});

test("hides nothing in the words of a message", () => {
  const text =
    '"read:every-single-project-of-mine" has bits beyond 2001:db8:ffff:ffff:ffff:ffff::/32';
  expect(hideSecrets(text)).toBe(text);
});
