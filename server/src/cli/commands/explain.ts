import { isIP } from "node:net";
import { parseArgs } from "node:util";
import type { CurlRequest } from "../../explain/curl-request.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";

/** Exit codes of `latchkey explain`, for scripts. */
const ALLOWED = 0;
const REFUSED = 1;
const COULD_NOT_ASK = 2;

const OPTIONS = {
  curl: { type: "string" },
  api: { type: "string" },
  ip: { type: "string" },
  url: { type: "string" },
  token: { type: "string" },
  json: { type: "boolean" },
  header: { type: "string", short: "H", multiple: true },
  user: { type: "string", short: "u" },
} as const;

type Values = ReturnType<typeof readOptions>["values"];

/** Asks a running Latchkey about a request that somebody made with curl, and says what to do. */
export const explain: Command = {
  name: "explain",
  usage: "latchkey explain [OPTIONS] curl …",
  summary: "Say why a request is allowed or refused, step by step.",
  details: [
    "",
    "The request, in one of these ways; options come first:",
    "  curl …               the curl command itself, with latchkey explain before it",
    "  --curl TEXT          a pasted curl command; - reads it from stdin",
    "  METHOD URL [-H …]    its parts",
    "",
    "Options:",
    "  --api SLUG           which API, when the URL does not tell",
    "  --ip ADDRESS         from where the request came, for rules about addresses",
    "  --url URL            where Latchkey runs (LATCHKEY_PUBLIC_URL, http://localhost:4000)",
    "  --token TOKEN        of an admin or owner (LATCHKEY_OPERATOR_TOKEN, .latchkey/operator-token)",
    "  --json               the decision as JSON",
    "",
    "It spends no limit. Exit code: 0 allowed, 1 refused, 2 could not ask.",
  ],

  async run(context) {
    const [{ CannotAsk }, { CurlError }] = await Promise.all([
      import("../../explain/cannot-ask.ts"),
      import("../../explain/curl-error.ts"),
    ]);
    try {
      return await explainRequest(context);
    } catch (error) {
      if (!(error instanceof CannotAsk || error instanceof CurlError)) throw error;
      context.warn(`latchkey: ${error.message}`);
      return COULD_NOT_ASK;
    }
  },
};

async function explainRequest(context: CommandContext): Promise<number> {
  const { own, curl } = splitAtCurl(context.args);
  const { values, positionals } = readOptions(own);
  // The server takes any text for an address that nobody knows, and refuses by it.
  if (values.ip !== undefined && isIP(values.ip) === 0) {
    throw new UsageError("--ip takes an address, such as 192.0.2.7 or 2001:db8::1");
  }
  const request = await readRequest(context, { values, positionals, curl });
  for (const warning of request.warnings) context.warn(`warning: ${warning}`);
  const [{ askDecision, listApis }, { askedApi }, { askedServer }, described, mistakes, shown] =
    await Promise.all([
      import("../ask-decision.ts"),
      import("../../explain/asked-api.ts"),
      import("../asked-server.ts"),
      import("../../explain/described-request.ts"),
      import("../../explain/common-mistakes.ts"),
      import("../explanation.ts"),
    ]);
  const server = askedServer(values, context);
  const api = askedApi(request, await listApis(server), values.api);
  const asked = described.describedRequest(request, api, values.ip);
  const decision = await askDecision(server, api.slug, asked);
  const localNow = Date.now();
  const found = mistakes.commonMistakes({
    request,
    reason: decision.outcome === "deny" ? decision.reason : undefined,
    hasAddress: values.ip !== undefined,
    serverNow: Date.parse(decision.trace?.at(-1)?.at ?? "") || localNow,
    localNow,
  });
  const explanation = { request, api, decision, mistakes: found };
  context.print(
    values.json === true
      ? JSON.stringify({ api: api.slug, ...decision, mistakes: found }, null, 2)
      : shown.explanationLines(explanation).join("\n"),
  );
  return decision.outcome === "allow" ? ALLOWED : REFUSED;
}

function readOptions(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

const TAKES_VALUE = new Set([
  "--curl",
  "--api",
  "--ip",
  "--url",
  "--token",
  "--header",
  "-H",
  "--user",
  "-u",
]);

/** Whatever follows the word `curl` is curl's, although some options have the names of ours. */
function splitAtCurl(args: readonly string[]): {
  readonly own: readonly string[];
  readonly curl: readonly string[] | undefined;
} {
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (/^(?:.*\/)?curl$/.test(arg)) return { own: args.slice(0, i), curl: args.slice(i + 1) };
    if (TAKES_VALUE.has(arg)) i += 1;
    else if (!arg.startsWith("-")) break;
  }
  return { own: args, curl: undefined };
}

async function readRequest(
  { readInput }: CommandContext,
  parts: {
    readonly values: Values;
    readonly positionals: readonly string[];
    readonly curl: readonly string[] | undefined;
  },
): Promise<CurlRequest> {
  const { values, positionals, curl } = parts;
  const [{ parseCurl }, { readCurlWords }] = await Promise.all([
    import("../../explain/curl-command.ts"),
    import("../../explain/curl-request.ts"),
  ]);
  const { header = [], user } = values;
  const hasParts = positionals.length > 0 || header.length > 0 || user !== undefined;
  if (values.curl !== undefined) {
    if (curl !== undefined || hasParts) throw new UsageError("describe one request, in one way");
    return parseCurl(values.curl === "-" ? await readInput() : values.curl);
  }
  if (curl !== undefined) {
    if (hasParts) throw new UsageError("put -H and -u after the word curl");
    return readCurlWords(curl);
  }
  const [method, url, ...extra] = positionals;
  if (method === undefined || url === undefined || extra.length > 0) {
    throw new UsageError("give a curl command, or a method and a URL");
  }
  return readCurlWords([
    ...["--request", method, "--url", url],
    ...header.flatMap((line) => ["--header", line]),
    ...(user === undefined ? [] : ["--user", user]),
  ]);
}
