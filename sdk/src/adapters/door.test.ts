import type { ApiRequest } from "@latchkey/engine";
import { expect, onTestFinished, test, vi } from "vitest";
import { toldVerifier } from "../testing/told-verifier.ts";
import { createDoor, type DoorOptions, type Received } from "./door.ts";

const RECEIVED: Received = {
  method: "GET",
  url: "/v2/users?a=b",
  headers: ["X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https"],
  peer: { address: "10.0.0.1", encrypted: false },
};

function askedOf(received: Partial<Received>, options: DoorOptions = {}) {
  const verifier = toldVerifier("allow");
  void createDoor(verifier, options)({ ...RECEIVED, ...received });
  return verifier.asked[0];
}

test("stays without a promise when the verifier does", () => {
  const outcome = createDoor(toldVerifier("allow"))(RECEIVED);
  expect(outcome).toMatchObject({
    allowed: { principal: { accountId: "acct_1" }, requestId: "req-1" },
    headers: ["X-Request-ID", "req-1"],
  });
});

test("waits for a verifier that must ask", async () => {
  const outcome = createDoor(toldVerifier("deny", true))(RECEIVED);
  expect(outcome).toBeInstanceOf(Promise);
  expect(await outcome).toMatchObject({ allowed: undefined, answer: { status: 498 } });
});

test("waits too where the global Promise is another, as with zone.js", async () => {
  vi.stubGlobal("Promise", class<T> extends Promise<T> {});
  onTestFinished(() => void vi.unstubAllGlobals());
  const told = toldVerifier("deny");
  const verifier = { ...told, verify: async (request: ApiRequest) => told.verify(request) };
  const outcome = createDoor(verifier)(RECEIVED);
  expect(await outcome).toMatchObject({ allowed: undefined, answer: { status: 498 } });
});

test("answers a preflight without a decision", () => {
  const verifier = toldVerifier("deny");
  const outcome = createDoor(verifier)({ ...RECEIVED, method: "OPTIONS" });
  expect(outcome).toMatchObject({ allowed: undefined, answer: { status: 204 } });
  expect(verifier.asked).toEqual([]);
});

test("believes a forwarding header of a trusted proxy only", () => {
  expect(askedOf({})).toMatchObject({ address: "10.0.0.1", secure: false });
  const trusting = { trustedProxies: ["10.0.0.0/8"] };
  expect(askedOf({}, trusting)).toMatchObject({ address: "203.0.113.9", secure: true });
});

test("believes who comes over a Unix socket where it is told to", () => {
  const peer = { address: "unix", encrypted: false };
  const believed = { address: "203.0.113.9", secure: true };
  expect(askedOf({ peer }, { trustedProxies: ["unix"] })).toMatchObject(believed);
  expect(askedOf({ peer }, { trustedProxies: ["10.0.0.0/8"] })?.address).toBeUndefined();
  const reset = { address: undefined, encrypted: false };
  expect(askedOf({ peer: reset }, { trustedProxies: ["unix"] })?.address).toBeUndefined();
});

test("does not start with a proxy that is no address", () => {
  expect(() => askedOf({}, { trustedProxies: ["proxy.example"] })).toThrow();
});

test.each([
  [undefined, "/v2/users?a=b", "/v2/users?a=b"],
  ["/", "/v2/users", "/v2/users"],
  ["/api", "/api/v2/users?a=b", "/v2/users?a=b"],
  ["/api/", "/api/v2/users", "/v2/users"],
  ["/api", "/api", "/"],
  ["/api", "/api?a=b", "/?a=b"],
  // What the policy cannot place it refuses.
  ["/api", "/apis/v2/users", ""],
  ["/api", "/%61pi/v2/users", ""],
  ["/api", "/v2/users", ""],
])("below the mount %s, %s is %j", (mount, url, target) => {
  expect(askedOf({ url }, mount === undefined ? {} : { mount })?.target).toBe(target);
});

test.each([
  [{}, undefined],
  [{ origin: "https://api.acme.com/" }, "https://api.acme.com"],
  [{ origin: "https://api.acme.com", mount: "/api/" }, "https://api.acme.com/api"],
])("%j says that clients call %s", (options, base) => {
  expect(askedOf({ url: "/api/x" }, options)?.base).toBe(base);
});

test.each(["localhost:3000", "api.acme.com:8443", "ftp://api.acme.com", "api.acme.com"])(
  "does not start with clients that call %s",
  (origin) => {
    expect(() => askedOf({}, { origin })).toThrow('origin must be like "https://api.acme.com"');
  },
);

test("does not start with a mount that no path has", () => {
  expect(() => askedOf({}, { mount: "api" })).toThrow('mount must begin with a slash: "/api"');
});

test("passes on every header line as it came", () => {
  const headers = ["X-API-Key", "a", "x-api-key", "b"];
  expect(askedOf({ headers })?.headers).toEqual(headers);
});
