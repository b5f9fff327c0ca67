import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openServerLink } from "./server-link.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const UPGRADE = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

/** A link to a server that sends this, whatever it is asked, and goes on listening or hangs up. */
async function linkTo(text: string, hangsUp = false) {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => (hangsUp ? socket.end(text) : socket.write(text)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const link = openServerLink({ base: new URL(`http://127.0.0.1:${port}`), token: "t" });
  onTestFinished(() => {
    link.close();
    server.close();
  });
  return link.post("/leases", {}, { timeoutMillis: 200 });
}

test.each([
  ["another protocol", UPGRADE, "the connection ended"],
  [
    "a redirect",
    "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "the server answered 302",
  ],
  ["no JSON", `${OK}Content-Length: 1\r\n\r\n<`, "no answer that can be read"],
  ["half an answer", `${OK}Content-Length: 2\r\n\r\n{`, "no answer within 200 ms"],
  ["nothing", "", "no answer within 200 ms"],
])("who is answered with %s is told so", async (_what, text, why) => {
  await expect(linkTo(text)).rejects.toThrow(why);
});

test("an answer may end with its connection", async () => {
  expect(await linkTo(`${OK}Connection: close\r\n\r\n{"head":1}`, true)).toEqual({ head: 1 });
});
