import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, test } from "vitest";
import { APIClient, APIError } from "./api-client.ts";

let close = (): void => {};
afterEach(() => close());

async function apiThatSays(status: number, body: string, headers: Record<string, string> = {}) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/standard`;
  return { seen, baseUrl, client: new APIClient({ apiKey: "lk_1", baseUrl }) };
}

test("asks with the key, and gives what the API says", async () => {
  const { seen, client } = await apiThatSays(200, '{"valid":true,"scopes":["read:users"]}');
  expect(await client.auth.test()).toEqual({ valid: true, scopes: ["read:users"] });
  expect(seen).toEqual(["GET /standard/v2/auth/test Bearer lk_1"]);
});

test("throws a refusal with its code, message and request id", async () => {
  const body = '{"error":{"code":"UNAUTHORIZED","message":"No."}}';
  const { client } = await apiThatSays(401, body, { "x-request-id": "r-1" });
  const error = await client.auth.test().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({
    status: 401,
    code: "UNAUTHORIZED",
    message: "No.",
    requestId: "r-1",
  });
  expect(JSON.stringify(error)).not.toContain("lk_1");
});

test.each([
  [502, "<h1>Bad gateway</h1>"],
  [200, "<h1>Welcome</h1>"],
  [200, "null"],
  [500, "[]"],
  [500, "null"],
])("throws %i %s as an answer that is not the API's", async (status, body) => {
  const { client } = await apiThatSays(status, body);
  const error = { status, code: "UNEXPECTED_ANSWER", requestId: null };
  await expect(client.auth.test()).rejects.toMatchObject(error);
});

test("takes the key nowhere else", async () => {
  const { seen, client } = await apiThatSays(302, "", { location: "/elsewhere" });
  await expect(client.auth.test()).rejects.toThrow(TypeError);
  expect(seen).toHaveLength(1);
});

test("throws an answer that breaks off as a fault of the network", async () => {
  const { client } = await apiThatSays(200, '{"valid":true', {
    "content-length": "50",
    connection: "close",
  });
  const error = await client.auth.test().catch((reason: unknown) => reason);
  expect(error).not.toBeInstanceOf(APIError);
  expect(error).toBeInstanceOf(TypeError);
});

test.each(["lk_1\n", "\nlk_1"])("sends the key %j alone", async (apiKey) => {
  const { seen, baseUrl } = await apiThatSays(200, '{"valid":true}');
  await new APIClient({ apiKey, baseUrl }).auth.test();
  expect(seen).toEqual(["GET /standard/v2/auth/test Bearer lk_1"]);
});

test.each(["lk_1\nx", "lk_…", "", undefined])(
  "says of the key %j that it is none",
  async (apiKey) => {
    const { seen, baseUrl } = await apiThatSays(200, '{"valid":true}');
    const client = new APIClient({ apiKey: apiKey as string, baseUrl });
    const fault = new TypeError("apiKey must be an API key, an access token or a JWT");
    await expect(client.auth.test()).rejects.toThrow(fault);
    expect(seen).toEqual([]);
  },
);

test("shows no key that something that speaks no HTTP has repeated", async () => {
  const echo = createTcpServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(echo, "listening");
  close = () => echo.close();
  const baseUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const client = new APIClient({ apiKey: "lk_1", baseUrl });
  const error = await client.auth.test().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect(inspect(error, { depth: 9 })).not.toContain("lk_1");
});
