import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { PASSWORD, type SignedIn, signedIn } from "../../testing/signed-in.ts";

// Where operators verify applications, what they looked at must be what people are shown.

const API = "/v1/apis/reviewed";
const URIS = ["https://app.example.com/callback"];

let it: ManagementApp;
let owner: SignedIn;
let path = "";
beforeAll(async () => {
  it = await openManagementApp({}, { apis: [{ slug: "reviewed", extends: profiles.calcom }] });
  await it.call("POST", `${API}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  const user = { accountId: "acct_1", email: "uma@example.com", role: "owner", password: PASSWORD };
  await it.call("POST", `${API}/users`, { body: user });
  owner = await signedIn(it, "uma@example.com", "reviewed");
  const made = await owner.call("POST", `${API}/applications`, { name: "App", redirectUris: URIS });
  expect(made).toMatchObject({ status: 201, json: { status: "pending", accountId: "acct_1" } });
  path = `${API}/applications/${made.json.id}`;
});
afterAll(() => it.close());

const verify = () => it.call("POST", `${path}/verify`);

test("a customer does not verify its own application", async () => {
  expect((await owner.call("POST", `${path}/verify`)).status).toBe(403);
});

test.each([
  ["its name", { name: "Somebody else" }],
  ["where it leads", { redirectUris: ["https://elsewhere.example/callback"] }],
  ["its logo", { logo: "https://elsewhere.example/logo.png" }],
  ["its home page", { homePage: "https://elsewhere.example/" }],
])("has to be verified anew when the customer changes %s", async (_what, changes) => {
  await verify();
  const changed = await owner.call("PATCH", path, changes);
  expect(changed).toMatchObject({ status: 200, json: { ...changes, status: "pending" } });
});

test("has to be verified anew when it was verified while the change came", async () => {
  const { applications } = it.store;
  await owner.call("PATCH", path, { name: "Looked at" });
  const { find } = applications;
  vi.spyOn(applications, "find").mockImplementationOnce(async (...asked) => {
    const found = await find(...asked);
    await verify();
    return found;
  });
  const changed = await owner.call("PATCH", path, { name: "Never looked at" });
  expect(changed.json).toMatchObject({ name: "Never looked at", status: "pending" });
});

test("stays verified when nothing that people see has changed", async () => {
  const { name } = (await verify()).json;
  const settings = { areEmailsEnabled: false };
  expect((await owner.call("PATCH", path, { name, settings })).json.status).toBe("verified");
});

test("stays verified when an operator changes it", async () => {
  await verify();
  const changed = await it.call("PATCH", path, { body: { name: "By an operator" } });
  expect(changed.json).toMatchObject({ name: "By an operator", status: "verified" });
});
