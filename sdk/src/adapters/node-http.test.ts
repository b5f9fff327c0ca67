import { expect, test } from "vitest";
import { peerOf } from "./node-http.ts";

test.each([
  ["TLS", { remoteAddress: "192.0.2.7", encrypted: true }, true],
  ["TCP", { remoteAddress: "192.0.2.7" }, false],
])("tells who is connected by %s", (_how, socket, encrypted) => {
  expect(peerOf({ socket } as never)).toEqual({ address: "192.0.2.7", encrypted });
});
