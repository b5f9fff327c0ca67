import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, get, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { Peer } from "./door.ts";
import { peerOf } from "./node-http.ts";

test.each([
  ["TLS", { remoteAddress: "192.0.2.7", encrypted: true }, true],
  ["TCP", { remoteAddress: "192.0.2.7" }, false],
])("tells who is connected by %s", (_how, socket, encrypted) => {
  expect(peerOf({ socket } as never)).toEqual({ address: "192.0.2.7", encrypted });
});

test.each([
  ["a server that listens on a path", { server: { address: () => "/run/api.sock" } }, "unix"],
  ["a port, and was reset", { server: { address: () => ({ port: 80 }) } }, undefined],
  ["a server that listens no more", { server: { address: () => null } }, undefined],
  ["nobody that can be asked", {}, undefined],
])("of a connection without an address that came to %s", (_whom, socket, address) => {
  expect(peerOf({ socket } as never)).toEqual({ address, encrypted: false });
});

test("Node's own server on a Unix socket tells of its connections", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-peer-"));
  const socketPath = path.join(folder, "api.sock");
  const peers: Peer[] = [];
  const server: Server = createServer((request, response) => {
    peers.push(peerOf(request));
    response.end();
  }).listen(socketPath);
  try {
    await once(server, "listening");
    const [response] = await once(get({ socketPath, path: "/" }), "response");
    response.resume();
    expect(peers).toEqual([{ address: "unix", encrypted: false }]);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
