import { hideSecrets, REASONS, type Reason } from "@latchkey/engine";
import type { AskedApi } from "../explain/asked-api.ts";
import type { CurlRequest } from "../explain/curl-request.ts";
import { printable } from "../explain/masked.ts";
import { sentCredentials, shownCredential } from "../explain/sent-credential.ts";
import type { ExplainedDecision, ExplainedStep, ExplainedWindow } from "./ask-decision.ts";

/** What `latchkey explain` found out. */
export interface Explanation {
  readonly request: CurlRequest;
  readonly api: AskedApi;
  readonly decision: ExplainedDecision;
  /** What in the command could have led to it. */
  readonly mistakes: readonly string[];
}

const MARKS: Readonly<Record<string, string>> = { passed: "✓", refused: "✗", skipped: "–" };

/** Longer bodies are cut: a refusal is a line. */
const SHOWN_BODY = 2000;

/** An explanation for people, in lines. Shows of each credential its prefix and last four. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const { request, api, decision, mistakes } = explanation;
  const [path = ""] = api.target.split("?", 1);
  return [
    `${request.method} ${hideSecrets(path)} of the API "${api.slug}" (profile ${api.profile})`,
    ...sentLines(request),
    "",
    ...verdict(decision),
    ...section(
      "Look at the command",
      mistakes.map((mistake) => `! ${mistake}`),
    ),
    ...section("Steps", (decision.trace ?? []).map(stepLine(decision.trace ?? []))),
    ...section("Limit", (decision.limit?.windows ?? []).map(windowLine)),
    ...section("What the caller gets", answerLines(decision)),
  ].map(printable);
}

function sentLines(request: CurlRequest): readonly string[] {
  const sent = sentCredentials(request);
  if (sent.length === 0) return ["without a credential"];
  return sent.map((credential) => `with ${shownCredential(credential)}`);
}

function verdict({ outcome, reason = "", principal }: ExplainedDecision): readonly string[] {
  const from = principal === undefined ? [] : [`  It is from ${whom(principal)}.`];
  if (outcome === "allow") return ["✓ Allowed", ...from];
  const entry = isReason(reason) ? REASONS[reason] : undefined;
  if (entry === undefined) return [`✗ Refused: ${reason}`, ...from];
  return [`✗ Refused: ${reason}`, `  ${entry.meaning}`, `  → ${entry.remedy}`, ...from];
}

/** A newer server may name reasons that are not known here. */
function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

function whom(principal: NonNullable<ExplainedDecision["principal"]>): string {
  const { kind, accountId, userId, credentialId, scheme } = principal;
  const named = [accountId, userId, credentialId].filter((id) => typeof id === "string");
  return `${[kind, ...named].join(" ")} (${scheme})`;
}

function stepLine(trace: readonly ExplainedStep[]): (step: ExplainedStep) => string {
  const width = Math.max(...trace.map(({ step }) => step.length));
  return ({ step, outcome, detail }) =>
    `${MARKS[outcome] ?? "?"} ${step.padEnd(width)}  ${detail}`.trimEnd();
}

function windowLine({ name, limit, remaining, resetAt }: ExplainedWindow): string {
  return `${name}: ${remaining} of ${limit} left; all of it again at ${resetAt}`;
}

function answerLines({ outcome, response }: ExplainedDecision): readonly string[] {
  const { status, body } = response;
  if (outcome === "allow" && body === null) return ["what the API answers"];
  if (body === null || body === "") return [`${status}`];
  const shown = body.length > SHOWN_BODY ? `${body.slice(0, SHOWN_BODY)}…` : body;
  return [`${status}`, ...shown.trimEnd().split(/\r?\n/)];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
