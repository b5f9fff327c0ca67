const PROGRAM = `
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";

subscribe("http.server.request.start", ({ request }) => {
  writeSync(2, "parsed: " + request.method + " " + request.url + "\\n");
});
`;

/**
 * For `NODE_OPTIONS`: every request that Node's own HTTP parser reads is a line
 * `parsed: <method> <path>` on the error output.
 */
export const WATCH_PARSER = `--import=data:text/javascript;base64,${Buffer.from(PROGRAM).toString("base64")}`;
