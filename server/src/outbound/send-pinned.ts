import type { LookupAddress } from "node:dns";
import http, { type Agent, type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { keepingAgent } from "./kept-connections.ts";
import { OutboundError } from "./outbound-error.ts";

/** What a request says, and how long it may take. */
export interface PinnedRequest {
  readonly url: URL;
  /** Where it goes, whatever the name in the URL means by now. */
  readonly pinned: LookupAddress;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent as its body. */
  readonly content: Uint8Array | undefined;
  readonly signal: AbortSignal;
  /** Until the host took the connection. */
  readonly connectMillis: number;
}

/** Sends a request; its answer is still to be read. Rejects with `OutboundError`. */
export type SendPinned = (request: PinnedRequest) => Promise<IncomingMessage>;

/** With a connection for each request. */
export const sendPinned: SendPinned = (request) => send(request, false).answer;

/**
 * With connections that are kept. A host may hang up on one just as the next request comes: that is
 * sent once more, on a new connection, so a request may arrive twice.
 */
export function createKeepingSend(): SendPinned {
  const plain = keepingAgent(http.Agent);
  const secure = keepingAgent(https.Agent);
  return (request) => {
    const { sent, answer } = send(request, isSecure(request.url) ? secure : plain);
    return answer.catch((fault: unknown) => {
      if (!sent.reusedSocket || request.signal.aborted) throw fault;
      return sendPinned(request);
    });
  };
}

/** Of 1xx before the answer itself: a host could send them for as long as it may take. */
const MOST_INTERIM = 16;
const HEAD_TOO_LONG = "the answer's head is too long";

function send(request: PinnedRequest, agent: Agent | false) {
  const { url, pinned, method, headers, content, signal, connectMillis } = request;
  const { ask, ready } = isSecure(url)
    ? { ask: https.request, ready: "secureConnect" }
    : { ask: http.request, ready: "connect" };
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const sent: ClientRequest = ask({
    ...{ method, agent, signal },
    ...{ host: pinned.address, port: url.port, path: `${url.pathname}${url.search}` },
    headers: { ...headers, host: url.host },
    // Certificates are for names, and so is what a server chooses its certificate by.
    servername: isIP(name) === 0 ? name : "",
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const timer = setTimeout(() => sent.destroy(new Error("no connection")), connectMillis);
    const isConnected = () => clearTimeout(timer);
    sent.once("socket", (socket) => {
      if (sent.reusedSocket) isConnected();
      else socket.once(ready, isConnected);
    });
    let cause: unknown;
    let isAnswered = false;
    let interim = 0;
    sent.on("information", () => {
      interim += 1;
      if (interim > MOST_INTERIM) sent.destroy(new OutboundError(HEAD_TOO_LONG));
    });
    sent.once("error", (error) => {
      cause = error;
    });
    sent.once("response", (response) => {
      isAnswered = true;
      resolve(response);
    });
    // A host that wants another protocol closes it without an error.
    sent.once("close", () => {
      isConnected();
      if (!isAnswered) reject(faultOf(sent, cause));
    });
    sent.end(content);
  });
  return { sent, answer };
}

/** Tells what the host did, and nothing of the network between. */
function faultOf({ socket }: ClientRequest, cause: unknown): OutboundError {
  if (cause instanceof OutboundError) return cause;
  // Its types call it an error; it is a code.
  const certificate = (socket as TLSSocket | null)?.authorizationError;
  const { code = "" } = (cause ?? {}) as { readonly code?: string };
  let what = "the host did not answer";
  if (certificate) what = `the host's certificate is not valid: ${certificate}`;
  else if (code === "HPE_HEADER_OVERFLOW") what = HEAD_TOO_LONG;
  else if (code.startsWith("HPE_")) what = "the answer is no HTTP";
  return new OutboundError(what, { cause });
}

function isSecure({ protocol }: URL): boolean {
  return protocol === "https:";
}
