import { REASONS } from "@latchkey/engine";
import type { CurlRequest } from "./curl-request.ts";
import { keyMistakes } from "./key-mistakes.ts";
import { isLoopback } from "./loopback.ts";
import { isToken, type SentCredential, sentCredentials } from "./sent-credential.ts";
import { spokenSeconds } from "./spoken-seconds.ts";
import { secondsToExpiry, tokenMistakes } from "./token-mistakes.ts";

/** What is known when a decision has come back. */
export interface AskedFacts {
  readonly request: CurlRequest;
  /** The deny reason; `undefined` when it was allowed. */
  readonly reason: string | undefined;
  /** Whether the request was described with the client's address. */
  readonly hasAddress: boolean;
  /** Unix milliseconds, by the server's clock and by that of this machine. */
  readonly serverNow: number;
  readonly localNow: number;
}

/** Clocks that differ by less are kept alike by NTP; the rest is the time that the answer took. */
const CLOCKS_AGREE_SECONDS = 5;

/**
 * What in the command itself could have led to the decision, as sentences for who wrote it, most
 * likely first. No part of a credential is repeated.
 */
export function commonMistakes(facts: AskedFacts): readonly string[] {
  const sent = sentCredentials(facts.request);
  const mistakes = [
    ...(facts.reason === undefined ? [] : refusalMistakes(facts, facts.reason, sent)),
    ...transportMistakes(facts, sent),
  ];
  return [...new Set(mistakes)];
}

function refusalMistakes(
  facts: AskedFacts,
  reason: string,
  sent: readonly SentCredential[],
): readonly string[] {
  const byReason = reasonMistakes(facts, reason, sent);
  if (!isAboutCredential(reason)) return byReason;
  const { request, serverNow } = facts;
  const tokens = sent.filter(({ secret }) => isToken(secret));
  return [
    ...sent.flatMap((each) => keyMistakes(each, { reason, unexpanded: request.unexpanded })),
    ...tokens.flatMap(({ secret }) => tokenMistakes(secret, serverNow)),
    ...byReason,
    ...(tokens.length > 0 ? clockMistake(facts) : []),
  ];
}

/** Whether the credential as it was sent may be at fault, rather than what it may do. */
function isAboutCredential(reason: string): boolean {
  const entry = Object.entries(REASONS).find(([name]) => name === reason)?.[1];
  const asked = entry?.class ?? "unauthenticated";
  return asked === "unauthenticated" || asked === "invalid_request" || asked === "wrong_kind";
}

function reasonMistakes(
  { request, hasAddress, serverNow }: AskedFacts,
  reason: string,
  sent: readonly SentCredential[],
): readonly string[] {
  switch (reason) {
    case "credential_missing":
      return missingMistakes(request, sent);
    case "credential_malformed":
      return sent.some(({ scheme }) => /^basic$/i.test(scheme))
        ? ["-u makes a Basic pair; a key or token goes into -H 'Authorization: Bearer …'."]
        : [];
    case "credential_unknown":
      return sent.flatMap(({ header, secret }) => modeMistake(header, secret));
    case "credential_ambiguous":
    case "header_duplicated":
      return [`Credentials were sent in: ${sent.map(({ header }) => header).join(", ")}.`];
    case "token_lifetime_exceeded":
      return sent.flatMap(({ secret }) => lifetimeMistake(secret, serverNow));
    case "address_not_allowed":
      return hasAddress ? [] : ["Say with --ip from which address the request came."];
    case "scope_insufficient":
    case "endpoint_unknown":
      return request.methodFrom === "data"
        ? [`A body makes curl send ${request.method}: -X names another method, -G makes it GET.`]
        : [];
    default:
      return [];
  }
}

function missingMistakes(
  { target }: CurlRequest,
  sent: readonly SentCredential[],
): readonly string[] {
  const inQuery = /[?&](?:api_?key|key|access_token|token|apikey|auth)=/i.test(target);
  return [
    ...(inQuery ? ["A credential in the query is ignored: send it in a header."] : []),
    ...sent.map(({ header }) => `This API takes no credential in ${header}, or not in this form.`),
  ];
}

function modeMistake(header: string, secret: string): readonly string[] {
  const [, mode] = /^[a-z]+_(live|test)_/.exec(secret) ?? [];
  if (mode === undefined) return [];
  const other = mode === "live" ? "test" : "live";
  return [
    `${header} holds a ${mode} key: is it the ${other} key, or the ${other} system, you want?`,
  ];
}

function lifetimeMistake(secret: string, now: number): readonly string[] {
  const ahead = isToken(secret) ? secondsToExpiry(secret, now) : undefined;
  return ahead === undefined || ahead <= 0
    ? []
    : [`The token's \`exp\` is ${spokenSeconds(ahead)} ahead of the server's clock.`];
}

function clockMistake({ serverNow, localNow }: AskedFacts): readonly string[] {
  const ahead = (localNow - serverNow) / 1000;
  const seconds = Math.round(Math.abs(ahead));
  if (Math.abs(ahead) < CLOCKS_AGREE_SECONDS) return [];
  const side = ahead > 0 ? "ahead of" : "behind";
  return [`The clock of this machine is ${spokenSeconds(seconds)} ${side} the server's.`];
}

function transportMistakes(
  { request, reason }: AskedFacts,
  sent: readonly SentCredential[],
): readonly string[] {
  if (request.scheme === "https" || isLoopback(request.host)) return [];
  if (reason === "transport_insecure") return ["Its URL says http; it has to be https."];
  if (sent.length === 0) return [];
  return ["Its URL says http: everyone on the way can read the credential. Use https."];
}
