import { expect } from "vitest";
import type { Answer, Question } from "../answer.ts";

/** What an answer issued, which no other place may hold. */
type Issued = (json: Answer["json"], headers: Answer["headers"]) => readonly string[];

/** Where calls are made whose secrets are looked for afterwards. */
interface SessionScene {
  send(question: Question, issued?: Issued): Promise<Answer>;
  operator(
    method: string,
    path: string,
    body?: unknown,
    more?: { issued?: Issued },
  ): Promise<Answer>;
  secret(text: string): string;
}

const API = "/v1/apis/standard";
const cookieIn = (headers: Answer["headers"]) => headers["set-cookie"]?.split(";", 1)[0] ?? "";
const cookieOf: Issued = (_json, headers) => [cookieIn(headers).split("=", 2)[1] ?? ""];
const tokenIn = (link: string) => link.split("=")[1] ?? "";

/** Calls everything that browsers call, as a new operator, as a user and by a portal link. */
export async function manageSessions(scene: SessionScene, accountId: string): Promise<void> {
  const password = scene.secret("a horse is no battery 2958");
  const invited = await scene.operator(
    "POST",
    "/v1/operators",
    { email: "ada@example.com", name: "Ada", role: "owner" },
    { issued: ({ link }) => [tokenIn(link)] },
  );
  const again = await scene.operator("POST", `/v1/operators/${invited.json.id}/invite`, undefined, {
    issued: ({ link }) => [tokenIn(link)],
  });
  const link = { kind: "invitation", token: tokenIn(again.json.link) };
  await scene.send({ method: "POST", path: "/v1/session/links/look", body: link });
  const body = { ...link, password };
  const opened = await scene.send({ method: "POST", path: "/v1/session/links", body }, cookieOf);
  expect(opened.status).toBe(200);

  const email = "uma@example.com";
  const user = (await scene.operator("POST", `${API}/users`, { accountId, email })).json.id;
  await scene.operator("POST", `${API}/users/${user}/invite`, undefined, {
    issued: ({ link }) => [tokenIn(link)],
  });
  const capabilities = ["usage:read"];
  const draft = { accountId, capabilities };
  const portal = await scene.operator("POST", `${API}/portal-sessions`, draft, {
    issued: ({ url }) => [tokenIn(url)],
  });
  const use = { kind: "portal", token: tokenIn(portal.json.url) };
  await scene.send({ method: "POST", path: "/v1/session/links", body: use }, cookieOf);

  const signIn = { email: "ada@example.com", password };
  const wrong = { ...signIn, password: scene.secret("a wrong guess 83-61-27") };
  await scene.send({ method: "GET", path: "/v1/session/branding?api=standard" });
  await scene.send({ method: "POST", path: "/v1/session", body: wrong });
  const signedIn = await scene.send(
    { method: "POST", path: "/v1/session", body: signIn },
    cookieOf,
  );
  await useSession(scene, signedIn, password);
  await scene.operator("GET", "/v1/operators");
  await scene.operator("GET", "/v1/events");
  await scene.operator("PATCH", `/v1/operators/${invited.json.id}`, { name: "Ada L." });
  await scene.operator("POST", `/v1/operators/${invited.json.id}/remove`);
}

async function useSession(scene: SessionScene, signedIn: Answer, password: string): Promise<void> {
  const headers = {
    cookie: cookieIn(signedIn.headers),
    "x-csrf-token": signedIn.json.session.csrfToken,
  };
  const call = (method: string, path: string, body?: unknown, issued?: Issued) =>
    scene.send({ method, path: `/v1/session${path}`, headers, body }, issued);
  await call("GET", "");
  await call("GET", "/devices");
  await call("POST", "/devices/ses_0/revoke");
  await call("POST", "/devices/revoke-others");
  await call("POST", "/proof", { password });
  await call("POST", "/totp", {}, ({ secret }) => [secret]);
  await call("POST", "/totp/confirm", { code: "000000" });
  await call("POST", "/totp/remove");
  await call("POST", "/recovery-codes");
  await call("POST", "/code", { code: "000000" });
  await call("GET", "/passkeys");
  await call("POST", "/passkeys/options");
  await call("POST", "/passkeys", { name: "Laptop", response: {} });
  await call("POST", "/passkeys/none/remove");
  await call("POST", "/passkey-options", {});
  await call("POST", "/passkey", { response: {} });
  await call("POST", "/password", { password: scene.secret("another horse is no battery 77") });
  await call("POST", "/reset", { email: "nobody@example.com" });
  expect((await call("DELETE", "")).status).toBe(204);
}
