import { readFileSync } from "node:fs";
import path from "node:path";
import { CannotAsk } from "../explain/cannot-ask.ts";
import { isLoopback } from "../explain/loopback.ts";
import type { CommandContext } from "./command.ts";
import type { AskedServer } from "./server-call.ts";

/** Where `latchkey dev` keeps the token that it made, seen from its working folder. */
const TOKEN_FILE = path.join(".latchkey", "operator-token");

/**
 * Whom to ask, and with which token: what the options say, else the environment's settings, else
 * what `latchkey dev` left in the working folder. Warns of a token that would travel in the clear.
 *
 * @throws {CannotAsk}
 */
export function askedServer(
  options: { readonly url?: string | undefined; readonly token?: string | undefined },
  { env, warn }: Pick<CommandContext, "env" | "warn">,
): AskedServer {
  const { LATCHKEY_PUBLIC_URL, LATCHKEY_PORT, LATCHKEY_OPERATOR_TOKEN } = env;
  const local = `http://localhost:${filled(LATCHKEY_PORT) ?? 4000}`;
  const url = readUrl(options.url ?? filled(LATCHKEY_PUBLIC_URL) ?? local);
  if (url.protocol === "http:" && !isLoopback(url.host)) {
    warn("warning: the operator token travels in the clear, since the server's URL says http");
  }
  const token = filled(options.token) ?? filled(LATCHKEY_OPERATOR_TOKEN) ?? keptToken();
  if (token === undefined) {
    throw new CannotAsk(
      "There is no operator token: set LATCHKEY_OPERATOR_TOKEN, give --token, or run this where " +
        `latchkey dev keeps ${TOKEN_FILE}.`,
    );
  }
  if (/[^\x21-\x7e]/.test(token))
    throw new CannotAsk("The operator token has a character in it that no token has.");
  return { url: url.href.replace(/\/+$/, ""), token };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (url === undefined || !isPlain || !/^https?:$/.test(url.protocol)) {
    throw new CannotAsk("The server's URL has to be like http://localhost:4000.");
  }
  return url;
}

function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
}

function keptToken(): string | undefined {
  try {
    return filled(readFileSync(TOKEN_FILE, "utf8"));
  } catch {
    // Not the folder of a `latchkey dev`, or not this user's.
    return undefined;
  }
}
