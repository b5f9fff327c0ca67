import type { ApiRequest, Decision, Rendered } from "@latchkey/engine";

// What a verifier takes and answers: a program names it without the engine's package.
export type {
  Actor,
  Allow,
  ApiRequest,
  Decision,
  Deny,
  LimitState,
  Mode,
  Principal,
  Reason,
  Rendered,
  Requirement,
} from "@latchkey/engine";

/** What a verifier needs to know. */
export interface VerifierOptions {
  /** Where the Latchkey server is: `https://latchkey.internal:4000`. */
  readonly url: string;
  /** An operator token with the role verifier. */
  readonly token: string;
  /** The slug of the API. */
  readonly api: string;
  /** Refuse requests whose `secure` is false; default false. */
  readonly requireTls?: boolean;
  /** Most credentials kept in memory, up to 16,777,214; default 1,000,000. */
  readonly capacity?: number;
  /**
   * Told of what goes wrong between this process and the server, of the same at most once in ten
   * seconds; never of a refused request.
   */
  readonly onProblem?: (problem: VerifierProblem) => void;
}

/** What a verifier without a memory needs to know. */
export interface RemoteVerifierOptions
  extends Pick<VerifierOptions, "url" | "token" | "api" | "onProblem"> {
  /** Whether a request is answered under the id that its client gave it; as the policy has it. */
  readonly requestIds?: "keep" | "make";
}

/** Something that the verifier goes on without. */
export interface VerifierProblem {
  readonly kind: "feed" | "lease" | "policy" | "online" | "usage";
  /** What happened, in a sentence; never a part of a credential. */
  readonly message: string;
  readonly cause: unknown;
}

/** Whose memory decides, and how far it may be behind. */
export interface VerifierStatus {
  /**
   * `memory`: this process decides by itself. `online`: each request is asked of the server,
   * because the lease has lapsed, because of `unable`, or because this verifier has no memory.
   * `closed`: after `close`.
   */
  readonly mode: "memory" | "online" | "closed";
  /** What of the policy this release does not know: then everything is asked of the server. */
  readonly unable: string | undefined;
  /** Milliseconds for which the lease still holds; 0: it has lapsed. */
  readonly leaseMillis: number;
  /** Milliseconds by which what is known may be behind. */
  readonly lagMillis: number;
  /** The last change that was applied. */
  readonly seq: number;
  /** Credentials in memory. */
  readonly known: number;
  /** Requests that were asked of the server, and requests decided on stale knowledge. */
  readonly online: number;
  readonly stale: number;
}

/** What is told of a request beside the request itself. */
export interface AnswerContext {
  readonly request: ApiRequest;
  readonly requestId: string;
}

/**
 * Decides about the requests of one API inside the API's own process. One object serves all
 * requests; it holds a connection to the server until `close`.
 */
export interface Verifier {
  /** Without a promise when memory knows all that it takes. Never rejects: a fault is a refusal. */
  verify(request: ApiRequest): Decision | Promise<Decision>;
  /** The id under which the request is answered: the client's own where the policy keeps it. */
  requestIdOf(request: Pick<ApiRequest, "headers">): string;
  /**
   * The decision as the API's document says it. Of an allow: the headers to add to the API's own
   * answer, whose status and body are the API's. Headers for browsers of any origin are among them.
   */
  render(decision: Decision, context: AnswerContext): Rendered;
  /** The answer to a browser that asks whether it may call, which needs no decision; else nothing. */
  preflight(request: ApiRequest): Rendered | undefined;
  readonly status: VerifierStatus;
  /**
   * Refuses from now on. Resolves once what is under way is decided, usage is reported, for which the
   * server has two seconds, and the connections are closed.
   */
  close(): Promise<void>;
}

/**
 * Connects to a server. Resolves with the policy in memory and a lease; when the server cannot be
 * reached within 10 seconds it resolves all the same, refuses with 503, and goes on trying.
 *
 * @throws {TypeError} `url`, `api`, `token` or `capacity` cannot be one.
 */
export type CreateVerifier = (options: VerifierOptions) => Promise<Verifier>;
