/** Told by the handles that Node itself makes, which no module can go round. */
const PROGRAM = `
import { createHook } from "node:async_hooks";
import { writeSync } from "node:fs";

const OUTGOING = new Set([
  "TCPCONNECTWRAP", "PIPECONNECTWRAP", "UDPWRAP", "PROCESSWRAP",
  "GETADDRINFOREQWRAP", "GETNAMEINFOREQWRAP", "QUERYWRAP",
]);
createHook({
  init(_id, type) {
    if (OUTGOING.has(type)) writeSync(2, "outgoing: " + type + "\\n");
  },
}).enable();
`;

const PROGRAM_URL = `data:text/javascript;base64,${Buffer.from(PROGRAM).toString("base64")}`;

/**
 * For `NODE_OPTIONS`: every connection, look-up of a name, datagram socket and child process that
 * the process or one of its workers begins is a line `outgoing: <what>` on its error output.
 */
export const WATCH_OUTGOING = `--import=${PROGRAM_URL}`;
