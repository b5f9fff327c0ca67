import { afterAll, beforeAll, expect, test } from "vitest";
import { newBrowser } from "./testing/browser.ts";
import { PASSWORD, type SignInWorld, shown, startSignInWorld } from "./testing/sign-in-world.ts";
import { type SmtpServer, startSmtpServer } from "./testing/smtp-server.ts";

// The whole product with a mail server of its own: links arrive, work, and are seen nowhere else.

let smtp: SmtpServer;
let world: SignInWorld;
beforeAll(async () => {
  smtp = await startSmtpServer();
  world = await startSignInWorld({
    env: {
      LATCHKEY_SMTP_URL: smtp.url,
      LATCHKEY_MAIL_FROM: "Acme <auth@acme.example>",
    },
  });
});
afterAll(async () => {
  await world?.close();
  smtp?.close();
});

/** Recipients so far, and the secret of the newest link. */
const recipients = () => smtp.told.filter((line) => line.startsWith("RCPT"));
function newestLink(kind: string): string {
  // Long lines are broken with a `=` at the end, and `=` is `=3D` (RFC 2045 §6.7).
  const text = smtp.told.join("\n").replaceAll("=\n", "").replaceAll("=3D", "=");
  return [...text.matchAll(new RegExp(`/dashboard/#${kind}=([\\w-]{43})`, "g"))].at(-1)?.[1] ?? "";
}

const use = (link: object) =>
  fetch(`${world.origin}/v1/session/links`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(link),
  });

test("an invitation arrives, is in no answer, and signs in", async () => {
  const draft = { accountId: "acct_test", email: "new@example.com", role: "owner" };
  const { id } = await world.create("users", draft);
  const invited = await world.manage("POST", `users/${id}/invite`);
  expect([invited.status, await invited.json()]).toEqual([202, {}]);
  expect(recipients()).toEqual(["RCPT TO:<new@example.com>"]);
  const token = newestLink("invitation");
  const answer = await use({ kind: "invitation", token, password: PASSWORD });
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { next: "done", session: { kind: "user", person: { id } } },
  ]);
});

test("who forgot the password gets a link on the page, and strangers get the same page", async () => {
  const { email } = await world.aPerson();
  const ask = async (who: string) => {
    const browser = newBrowser(world.origin);
    const { url } = await world.begin(browser);
    const page = await shown(await browser.visit(`${url}?forgotten`));
    return shown(await browser.submit(page.url, { csrf: page.csrf, email: who }));
  };
  const before = recipients().length;
  const nonce = /nonce="[^"]+"/g;
  const answers = [await ask("stranger@example.com"), await ask(email)];
  expect(answers[0]?.html.replace(nonce, "")).toBe(answers[1]?.html.replace(nonce, ""));
  await expect.poll(recipients).toHaveLength(before + 1);
  await expect.poll(() => smtp.told.at(-1)).toBe(".");
  expect(recipients().at(-1)).toBe(`RCPT TO:<${email}>`);

  const password = "another horse, another battery";
  expect((await use({ kind: "reset", token: newestLink("reset"), password })).status).toBe(200);
  const browser = newBrowser(world.origin);
  expect((await world.signIn(browser, email)).html).toContain("is wrong");
  // Sign-ins are known to the second, and one of the second of the reset counts as before it.
  await expect
    .poll(async () => (await world.signIn(browser, email, password)).html)
    .toContain('name="decision"');
});

test("an invitation that the server does not take is said so, and nothing more is", async () => {
  const { person, email } = await world.aPerson();
  smtp.refuses = email;
  const refused = await world.manage("POST", `users/${person.id}/invite`);
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { error: { code: "MAIL_NOT_SENT" } },
  ]);
  smtp.refuses = undefined;
  expect((await world.manage("POST", `users/${person.id}/invite`)).status).toBe(202);
});
