import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Policy } from "@latchkey/engine";
import type Provider from "oidc-provider";
import { errors } from "oidc-provider";
import type { Store } from "../store/store.ts";

/** A user who has to sign in, or to approve an application, before an authorization goes on. */
export interface Interaction {
  readonly uid: string;
  /** What is asked of the user. */
  readonly prompt: "login" | "consent";
  /** Where the browser goes on, once it has answered: a form that it sends again counts no more. */
  readonly onward: string | undefined;
  readonly application: AskingApplication;
  /** What it asks for, in words. */
  readonly scopes: readonly { readonly name: string; readonly title: string }[];
  /** Who has taken the first step here within five minutes. */
  readonly passed: Passed | undefined;
  /** Remembers that the password was right, in place of who passed before; or begins anew. */
  pass(userId: string | undefined): Promise<void>;
  /**
   * Goes on as this user; answers where to send the browser, with 303. `signedOutAt` is the user's
   * when their password was looked at, if one was. `undefined`: they have another since.
   */
  finishLogin(userId: string, signedOutAt?: number | null): Promise<string | undefined>;
  /** Goes on with what was granted of `scopes`, or tells the application that it was denied. */
  finishConsent(decision: ConsentDecision): Promise<string>;
}

/** A user who is half-way in. */
export interface Passed {
  readonly userId: string;
  readonly by: "password" | "hand-off";
  /** Unix milliseconds. */
  readonly at: number;
}

/** What the user said: the names of the scopes that were granted, or no. */
export type ConsentDecision = { readonly granted: readonly string[] } | "denied";

/** The application as the consent page shows it. */
export interface AskingApplication {
  readonly id: string;
  readonly name: string;
  /** An operator has vouched for it. */
  readonly verified: boolean;
  readonly logo: string | null;
  readonly homePage: string | null;
  /** Where the browser goes next. */
  readonly redirectHost: string;
}

/** A sign-in, as the library reads it from an interaction; the last member is ours. */
type Login = {
  readonly accountId: string;
  /** Unix seconds. */
  readonly ts: number;
  readonly signedOutAt: number | null | undefined;
};

interface InteractionParts {
  readonly provider: Provider;
  readonly store: Store;
  readonly policy: Policy;
  readonly clock: Clock;
}

/** How long a right password waits for its code. */
const PASSED_MILLIS = 5 * 60 * 1000;

const PROTOCOL_TITLES = new Map([
  ["openid", "Know who you are"],
  ["email", "See your email address"],
  ["profile", "See your name"],
  ["offline_access", "Keep its access while you are away"],
]);

/** The interaction that this browser began; `undefined`: it began none, or it has ended. */
export async function interactionOf(
  { provider, store, policy, clock }: InteractionParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Interaction | undefined> {
  const found = await provider.interactionDetails(request, response).catch((fault: unknown) => {
    if (fault instanceof errors.SessionNotFound) return undefined;
    throw fault;
  });
  if (found === undefined) return undefined;
  const details = found;
  const { uid, prompt, params, session, grantId } = details;
  const clientId = String(params.client_id);
  const client = await provider.Client.find(clientId);
  const application = await store.applications.find(policy.slug, clientId);
  const end = (result: Parameters<typeof provider.interactionResult>[2], merge: boolean) =>
    provider.interactionResult(request, response, result, { mergeWithLastSubmission: merge });

  async function approve(granted: readonly string[]): Promise<string> {
    const accountId = session?.accountId;
    if (accountId === undefined) throw new Error("a consent without a user");
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant = known ?? new provider.Grant({ accountId, clientId });
    if (known === undefined) grant.jti = grantOf(uid);
    const isGranted = (name: string) => granted.includes(name);
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details;
    const divide = (
      names: unknown,
      add: (text: string) => void,
      refuse: (text: string) => void,
    ) => {
      const list = Array.isArray(names) ? names.map(String) : [];
      const [yes, no] = [list.filter(isGranted), list.filter((name) => !isGranted(name))];
      if (yes.length > 0) add(yes.join(" "));
      if (no.length > 0) refuse(no.join(" "));
    };
    divide(
      missingOIDCScope,
      (text) => grant.addOIDCScope(text),
      (text) => grant.rejectOIDCScope(text),
    );
    if (Array.isArray(missingOIDCClaims)) grant.addOIDCClaims(missingOIDCClaims.map(String));
    for (const [resource, names] of Object.entries(missingResourceScopes ?? {})) {
      divide(
        names,
        (text) => grant.addResourceScope(resource, text),
        (text) => grant.rejectResourceScope(resource, text),
      );
    }
    try {
      return await end({ consent: { grantId: await grant.save() } }, true);
    } catch (fault) {
      if (!(fault instanceof errors.AccessDenied)) throw fault;
      const { error, error_description } = fault;
      return end({ error, ...(error_description !== undefined && { error_description }) }, true);
    }
  }

  async function finishLogin(accountId: string, signedOutAt?: number | null) {
    // The browser may come back later: what counts is when the user was here.
    const login = { accountId, ts: Math.floor(clock() / 1000), signedOutAt };
    return goOn(login).catch((fault: unknown) => {
      if (fault instanceof errors.InvalidGrant) return undefined;
      throw fault;
    });
  }

  async function goOn(login: Login): Promise<string> {
    const { accountId } = login;
    const before = session?.accountId ?? accountId;
    if (before === accountId) return end({ login }, false);
    // Someone else was signed in here: the library would ask them to sign out first.
    const left =
      session?.uid === undefined ? undefined : await provider.Session.findByUid(session.uid);
    await left?.destroy();
    details.session = undefined;
    details.result = { login };
    await details.persist();
    return details.returnTo;
  }

  return {
    uid,
    prompt: prompt.name === "login" ? "login" : "consent",
    onward: isAnswered(details.result) ? details.returnTo : undefined,
    application: {
      id: clientId,
      name: client?.clientName ?? clientId,
      verified: application?.status === "verified",
      logo: client?.logoUri ?? null,
      homePage: client?.clientUri ?? null,
      redirectHost: hostOf(String(params.redirect_uri ?? "")),
    },
    scopes: shown(String(params.scope ?? "").split(" "), policy),
    passed: passedOf(details.result, clock()),
    async pass(userId) {
      // Not `login`: the library would let in whoever has that.
      details.result =
        userId === undefined ? {} : { passed: { userId, by: "password", at: clock() } };
      await details.persist();
    },
    finishLogin,
    finishConsent: (decision) =>
      decision === "denied"
        ? end({ error: "access_denied", error_description: "the user said no" }, true)
        : approve(decision.granted),
  };
}

/**
 * Remembers in a sign-in that is under way that the vendor knows who it is; what comes next is only
 * for the browser that began it. False: there is no such sign-in.
 */
export async function handOff(
  { provider, clock }: Pick<InteractionParts, "provider" | "clock">,
  uid: string,
  userId: string,
): Promise<boolean> {
  const found = await provider.Interaction.find(uid);
  if (found === undefined || found.prompt.name !== "login") return false;
  found.result = { passed: { userId, by: "hand-off", at: clock() } };
  await found.persist();
  return true;
}

/** Of a form that is sent twice in one instant both are the one approval. */
function grantOf(uid: string): string {
  return `gnt_${hash("sha256", `grant ${uid}`).slice(0, 24)}`;
}

/** The scopes among the names; text that a client has made up is shown to nobody. */
function shown(names: readonly string[], { scopes }: Policy): Interaction["scopes"] {
  const titles = new Map(Object.entries(scopes).map(([name, { title }]) => [name, title]));
  return names.flatMap((name) => {
    const title = titles.get(name) ?? PROTOCOL_TITLES.get(name);
    return title === undefined ? [] : [{ name, title }];
  });
}

/** Whether there is more than who is half-way in. */
function isAnswered(result: object = {}): boolean {
  return ["login", "consent", "error"].some((name) => name in result);
}

function passedOf(result: unknown, now: number): Passed | undefined {
  // Written by `pass`, if at all.
  const { passed } = (result ?? {}) as { readonly passed?: Passed };
  return passed !== undefined && passed.at + PASSED_MILLIS > now ? passed : undefined;
}

/** What has a scheme of its own goes to whoever has that scheme, whatever host it names. */
function hostOf(uri: string): string {
  const url = URL.parse(uri);
  if (url === null) return "";
  return url.protocol === "https:" || url.protocol === "http:" ? url.host : url.protocol;
}
