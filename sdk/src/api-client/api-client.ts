/** What an API built on the profile `standard` says of the credential that asked. */
export interface AuthTest {
  /** Always true in an answer; a refused credential throws instead. */
  readonly valid: true;
  /** How the caller authenticated: `api_key`, `oauth`, `jwt`. */
  readonly method: string;
  readonly subject: string | null;
  readonly account_id: string | null;
  readonly scopes: readonly string[];
  readonly mode: "live" | "test" | null;
  readonly expires_at: string | null;
}

/** Where the API is and what to present to it. */
export interface APIClientOptions {
  /** An API key, an access token or a JWT. */
  readonly apiKey: string;
  /** The API's address, without a trailing slash; `https://api.example.com` when absent. */
  readonly baseUrl?: string;
  /** For a call, in milliseconds; 10,000 when absent. */
  readonly timeoutMillis?: number;
}

/** A refusal by the API. `code` and `message` are those of its body; `status` is HTTP's. */
export class APIError extends Error {
  override readonly name = "APIError";
  readonly status: number;
  readonly code: string;
  /** Tell it to the API's support. */
  readonly requestId: string | null;

  constructor(status: number, code: string, message: string, requestId: string | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

const DEFAULT_BASE_URL = "https://api.example.com";
const DEFAULT_TIMEOUT_MILLIS = 10_000;

/**
 * What customers of an API with the profile `standard` call it with. Runs in browsers too. It is a
 * class because that API's document constructs it with `new`.
 */
export class APIClient {
  readonly #options: APIClientOptions;

  constructor(options: APIClientOptions) {
    this.#options = options;
  }

  readonly auth = {
    /**
     * Asks who the API takes the caller for.
     *
     * @throws {APIError} The credential is refused. A fault of the network throws as `fetch` does.
     * @throws {TypeError} `apiKey` is nothing that can be sent.
     */
    test: (): Promise<AuthTest> => this.#get("/v2/auth/test") as Promise<AuthTest>,
  };

  async #get(path: string): Promise<unknown> {
    const { apiKey, baseUrl = DEFAULT_BASE_URL, timeoutMillis } = this.#options;
    // `fetch` would show the key in its error; and JavaScript passes on a variable that is not set.
    if (typeof apiKey !== "string" || !SENDABLE_KEY.test(apiKey.trim())) {
      throw new TypeError("apiKey must be an API key, an access token or a JWT");
    }
    const { response, text } = await answerTo(`${baseUrl}${path}`, {
      headers: { accept: "application/json", authorization: `Bearer ${apiKey.trim()}` },
      // A redirect would take the key elsewhere.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMillis ?? DEFAULT_TIMEOUT_MILLIS),
    });
    const body = bodyOf(text);
    if (response.ok && body !== undefined) return body;
    const { code = "UNEXPECTED_ANSWER", message = `The API answered ${response.status}.` } =
      body?.error ?? {};
    throw new APIError(response.status, code, message, response.headers.get("x-request-id"));
  }
}

/** As `fetch`. Of what is no HTTP Node keeps the bytes, and who sent it may have repeated the key. */
async function answerTo(url: string, call: RequestInit) {
  try {
    const response = await fetch(url, call);
    return { response, text: await response.text() };
  } catch (fault) {
    const { message, cause } = fault instanceof Error ? fault : {};
    if (!(cause instanceof Error && "data" in cause)) throw fault;
    throw new TypeError(message, { cause: new Error(cause.message) });
  }
}

const SENDABLE_KEY = /^[!-~]+$/;

interface Body {
  readonly error?: { readonly code?: string; readonly message?: string } | null;
}

/** `undefined` for what is no object, such as a proxy's page. */
function bodyOf(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
