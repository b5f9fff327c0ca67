import { errorOf } from "./latchkey-error.ts";
import { FURTHER_ANSWERS, OPERATIONS, type Operations } from "./management-api.ts";
import { type Call, type SendParts, send, wait } from "./send.ts";

/** Who calls: an operator with a token, or a person in a browser with a session of its origin. */
export type ClientOptions = {
  /** Of the service, without a path: `https://latchkey.example.com`; `""` for the page's own. */
  readonly url: string;
  /** For each attempt of a call, in milliseconds, besides its `wait`; 10,000 when absent. */
  readonly timeoutMillis?: number;
} & (
  | { readonly token: string }
  | { readonly credentials: "same-origin"; readonly csrf: () => string }
);

/** What a single call may say beside its parameters. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For each attempt, in milliseconds; the client's when absent. */
  readonly timeoutMillis?: number;
  /** 1 to 128 characters; a random one when absent. Calls with the same one are done once. */
  readonly idempotencyKey?: string;
}

type OperationId = keyof Operations;
type Answer<Id extends OperationId> = Operations[Id]["answer"];

/** The parameters of an operation, with its `body` beside them where it takes one. */
export type Input<Id extends OperationId> = Operations[Id]["params"] &
  (Operations[Id]["body"] extends undefined
    ? unknown
    : Record<never, never> extends Operations[Id]["body"]
      ? { readonly body?: Operations[Id]["body"] }
      : { readonly body: Operations[Id]["body"] });

type Method<Id extends OperationId, Result> =
  Record<never, never> extends Input<Id>
    ? (input?: Input<Id>, options?: CallOptions) => Result
    : (input: Input<Id>, options?: CallOptions) => Result;

type Row<Id extends OperationId> =
  Answer<Id> extends { readonly data: readonly (infer Each)[]; readonly nextCursor: string | null }
    ? Each
    : never;

type ListId = { [Id in OperationId]: [Row<Id>] extends [never] ? never : Id }[OperationId];

/** The management API, one method for each operation of its OpenAPI document. */
export type Client = {
  readonly [Id in OperationId]: Method<Id, Promise<Answer<Id>>>;
} & {
  /** Every row of a list, from new to old; asks for the next page when the one before is used up. */
  readonly each: { readonly [Id in ListId]: Method<Id, AsyncGenerator<Row<Id>, void>> };
};

const DEFAULT_TIMEOUT_MILLIS = 10_000;
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * A client; opens nothing, and needs no closing. Its calls throw `LatchkeyError`.
 * @throws {TypeError} For an address or a token that cannot be one; its calls reject with one for a
 * parameter.
 */
export function createClient(options: ClientOptions, parts: Partial<SendParts> = {}): Client {
  checkOptions(options);
  const all: SendParts = { fetch: globalThis.fetch, wait, random: Math.random, ...parts };
  const call =
    (id: OperationId) =>
    // What is wrong with a parameter comes as everything else does: to whoever awaits the promise.
    async (input: LooseInput = {}, more: CallOptions = {}) =>
      send(callOf(id, { input, more, options }), all);
  const each = (id: OperationId) =>
    async function* (input: LooseInput = {}, more: CallOptions = {}) {
      let cursor = input.cursor;
      do {
        const { data, nextCursor } = (await call(id)({ ...input, cursor }, more)) as Partial<Page>;
        if (!Array.isArray(data)) throw errorOf(200, undefined);
        yield* data;
        cursor = nextCursor ?? undefined;
      } while (cursor !== undefined);
    };
  const ids = Object.keys(OPERATIONS) as OperationId[];
  const methods = Object.fromEntries(ids.map((id) => [id, call(id)]));
  const lists = Object.fromEntries(ids.map((id) => [id, each(id)]));
  // The table has a row for each member of the type: both are made of one document.
  return { ...methods, each: lists } as unknown as Client;
}

/** `fetch` would not say which it is, and what it throws would look like a fault of the network. */
function checkOptions(options: ClientOptions): void {
  if (!isAddress(options.url)) {
    throw new TypeError("url must be an http(s) address without a user, query and fragment");
  }
  if (!("token" in options)) return;
  // A program in JavaScript may hand over a variable of its environment that is not set.
  const token: unknown = options.token;
  if (typeof token !== "string" || !SENDABLE_TOKEN.test(token.trim())) {
    throw new TypeError("token must be an operator token");
  }
}

/** What `fetch` would not send to, or would send without the call's own path. */
function isAddress(text: string): boolean {
  if (text === "") return true;
  if (!ADDRESS.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

const ADDRESS = /^https?:\/\/[^?#\s]+$/i;
const SENDABLE_TOKEN = /^[!-~]*$/;
const IDEMPOTENCY_KEY = /^[ -~\u0080-\u00ff]{1,128}$/;

type LooseInput = Readonly<Record<string, unknown>>;

interface Page {
  readonly data: readonly unknown[];
  readonly nextCursor: string | null;
}

function callOf(
  id: OperationId,
  { input, more, options }: { input: LooseInput; more: CallOptions; options: ClientOptions },
): Call {
  const { method, path, query, keyed, answers } = OPERATIONS[id];
  const address = path.replace(/\{(\w+)\}/g, (_all, name: string) => pathPart(id, input, name));
  const search = new URLSearchParams();
  for (const name of query as readonly string[]) {
    const value = input[name];
    if (value !== undefined) search.set(name, String(value));
  }
  const headers: Record<string, string> = { accept: "application/json" };
  // As it was checked: of a line break before it `fetch` would throw an error that shows it.
  if ("token" in options) headers.authorization = `Bearer ${options.token.trim()}`;
  else if (method !== "GET") headers["x-csrf-token"] = options.csrf();
  if (keyed) {
    const key = more.idempotencyKey ?? randomKey();
    if (!IDEMPOTENCY_KEY.test(key)) throw new TypeError(`${id}: no header can carry this key`);
    headers["idempotency-key"] = key;
  }
  const takesBody = METHODS_WITH_BODY.has(method);
  // The service answers after so long, if it is asked to wait for verifiers.
  const waitMillis = typeof input.wait === "number" ? input.wait : 0;
  if (takesBody) headers["content-type"] = "application/json";
  return {
    url: `${options.url.replace(/\/$/, "")}${address}${search.size === 0 ? "" : `?${search}`}`,
    init: {
      method,
      headers,
      // A redirect would take the token elsewhere; Latchkey sends none.
      redirect: "manual",
      credentials: "token" in options ? "omit" : options.credentials,
      ...(takesBody && { body: JSON.stringify(input.body ?? {}) }),
    },
    repeatable: method === "GET" || keyed,
    answers,
    furtherAnswers: FURTHER_ANSWERS[id] ?? [],
    timeoutMillis:
      more.timeoutMillis ?? (options.timeoutMillis ?? DEFAULT_TIMEOUT_MILLIS) + waitMillis,
    signal: more.signal,
  };
}

function pathPart(id: OperationId, input: LooseInput, name: string): string {
  const value = input[name];
  // An empty part would be another route, and a dot segment another path.
  if (typeof value !== "string" || value === "" || value === "." || value === "..") {
    throw new TypeError(`${id}: ${name} is missing`);
  }
  return encodeURIComponent(value);
}

/** 128 random bits; `randomUUID` would need a secure page. */
function randomKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
