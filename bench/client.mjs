import { readFileSync } from "node:fs";
import { connect } from "node:net";

// Where there is no wrk: one request again and again over keep-alive connections, as bytes that were
// made once. Plain JavaScript, for it must start as fast as wrk does.
const { url, method, headers, body, seconds, connections } = JSON.parse(
  readFileSync(process.argv[2] ?? "", "utf8"),
);
const { hostname, port, pathname, search, host } = new URL(url);
const lines = [
  `${method} ${pathname}${search} HTTP/1.1`,
  `Host: ${host}`,
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ...(body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
];
const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);

let answers = 0;
let faults = 0;
let open = true;
const start = performance.now();
const sockets = Array.from({ length: connections }, () => {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let pending = "";
  socket.setEncoding("latin1");
  socket.on("connect", () => socket.write(bytes));
  socket.on("data", (text) => {
    pending += text;
    const end = answerEnd(pending);
    if (end === undefined || pending.length < end) return;
    if (!pending.startsWith("HTTP/1.1 200 ")) faults += 1;
    answers += 1;
    pending = pending.slice(end);
    if (open) socket.write(bytes);
  });
  socket.on("error", () => {
    faults += 1;
  });
  return socket;
});

setTimeout(() => {
  open = false;
  for (const socket of sockets) socket.destroy();
  const micros = Math.round((performance.now() - start) * 1000);
  console.log(`RESULT ${answers} ${micros} ${faults}`);
}, seconds * 1000);

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
