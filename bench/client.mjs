import { readFileSync } from "node:fs";
import { connect } from "node:net";

// Requests over keep-alive connections, each with one under way, as bytes that were made before.
// Where there is no wrk: the same request again and again. With `chains`: each connection has a body
// of its own, and goes on with the refresh token of the last answer. Plain JavaScript, for it must
// start as fast as wrk does.
const { url, method, headers, body, chains, seconds, connections } = JSON.parse(
  readFileSync(process.argv[2] ?? "", "utf8"),
);
const { hostname, port, pathname, search, host } = new URL(url);
const head = [
  `${method} ${pathname}${search} HTTP/1.1`,
  `Host: ${host}`,
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
].join("\r\n");

/** @type {(string | null)[]} */
const bodies = chains ?? Array(connections).fill(body);
let answers = 0;
let faults = 0;
let left = bodies.length;
let open = true;
const start = performance.now();
for (const [i, first] of bodies.entries()) {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let bytes = bytesOf(first);
  let pending = "";
  socket.setEncoding("latin1");
  socket.on("connect", () => socket.write(bytes));
  socket.on("data", (text) => {
    pending += text;
    const end = answerEnd(pending);
    if (end === undefined || pending.length < end) return;
    if (!pending.startsWith("HTTP/1.1 200 ")) faults += 1;
    answers += 1;
    if (chains) {
      bodies[i] = successor(bodies[i] ?? "", pending);
      bytes = bytesOf(bodies[i]);
    }
    pending = pending.slice(end);
    if (open) socket.write(bytes);
    else socket.destroy();
  });
  socket.on("error", () => {
    faults += 1;
  });
  socket.on("close", () => {
    left -= 1;
    if (left === 0) report();
  });
}

// What is under way then is waited for: a chain without its last answer would be broken.
setTimeout(() => {
  open = false;
}, seconds * 1000);

function report() {
  const micros = Math.round((performance.now() - start) * 1000);
  console.log(`RESULT ${answers} ${micros} ${faults}`);
  if (chains) console.log(`CHAINS ${JSON.stringify(bodies)}`);
}

/** @param {string | null | undefined} text */
function bytesOf(text) {
  const length = text == null ? "" : `\r\nContent-Length: ${Buffer.byteLength(text)}`;
  return Buffer.from(`${head}${length}\r\n\r\n${text ?? ""}`);
}

/**
 * The body with the refresh token of the answer.
 *
 * @param {string} text
 * @param {string} answer
 */
function successor(text, answer) {
  const token = /"refresh_token":"([^"]+)"/.exec(answer)?.[1];
  if (token === undefined) faults += 1;
  return text.replace(/refresh_token=[^&]*/, `refresh_token=${token}`);
}

/**
 * Where the first answer ends; `undefined` while its head is not complete.
 *
 * @param {string} text
 */
function answerEnd(text) {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (length !== undefined) return head + 4 + Number(length);
  const last = text.indexOf("0\r\n\r\n", head + 4);
  return last === -1 ? undefined : last + 5;
}
