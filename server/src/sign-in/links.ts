import { createHash, randomBytes } from "node:crypto";
import { ApiError, type Clock, invalidField } from "@latchkey/engine";
import type { Mail } from "../mail/create-mail.ts";
import type { LinkDeed } from "../store/sign-in-links.ts";
import type { Store } from "../store/store.ts";
import { DEPLOYMENT, type WriteContext } from "../store/store.ts";
import { deedOf, ownDeed, placeOf } from "./deed.ts";
import { checkNewPassword, type IsBreached } from "./password-rules.ts";
import type { LinkKind, Links, LinkUse, LinkView, Person, Whence } from "./people.ts";
import { mailsTo, type Throttle } from "./throttle.ts";

interface LinksParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly throttle: Throttle;
  readonly mail: Mail;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly isBreached: IsBreached;
  /** Told when a mail that nobody waits for did not go out. */
  readonly onFault: (fault: unknown) => void;
}

const MINUTE = 60_000;
const LIFETIMES: Readonly<Record<LinkKind, number>> = {
  setup: 24 * 60 * MINUTE,
  invitation: 7 * 24 * 60 * MINUTE,
  reset: 60 * MINUTE,
};
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const EMAIL = /^[^\s\0@<>"]{1,64}@[^\s\0@<>"]{1,189}$/;
const MOST_NAME = 200;
const NOWHERE: Whence = { address: null, requestId: null };

/** Links of all kinds, kept in `store` as digests. */
export function createLinks(parts: LinksParts): Links {
  const { store, clock, throttle, mail, publicUrl } = parts;
  const { hashPassword, isBreached } = parts;

  async function make(kind: LinkKind, person: Person | undefined, context: WriteContext) {
    const token = randomBytes(32).toString("base64url");
    const input = {
      kind,
      digest: digestOf(token),
      personId: person?.id ?? null,
      expiresAt: context.at + LIFETIMES[kind],
    };
    const { output, once } = await store.write("makeSignInLink", input, context, token);
    // In the fragment, which no server and no Referer ever sees (RFC 9110 §10.1.3).
    return output.made ? `${publicUrl}/dashboard/#${kind}=${once}` : undefined;
  }

  async function sendReset(api: string | null, email: string, whence: Whence): Promise<void> {
    const found = await store.people.findByEmail(placeOf(api), email);
    if (found === undefined || found.email === null || found.passwordHash === null) return;
    const person: Person = { kind: api === null ? "operator" : "user", api, id: found.id };
    const link = await make("reset", person, ownDeed(api, whence, clock()));
    if (link !== undefined) await mail.send({ to: found.email, ...resetMail(link) });
  }

  const usable = (kind: LinkKind, token: string) =>
    TOKEN.test(token) ? store.signInLinks.find(kind, digestOf(token), clock()) : undefined;

  return {
    makeSetup: () => make("setup", undefined, ownDeed(null, NOWHERE, clock())),

    async invite(person, { actor, session, address, requestId, idempotency }) {
      const known = await store.people.find(placeOf(person.api), person.id);
      if (known === undefined) throw new ApiError("NOT_FOUND", "There is no such person.");
      if (known.email === null) {
        throw invalidField("email", "There is no e-mail address to invite.");
      }
      const asked = { actor, session, address, requestId, idempotency };
      const deed = { ...asked, api: placeOf(person.api), at: clock() };
      const link = (await make("invitation", person, deed)) ?? "";
      await mail.send({ to: known.email, ...invitationMail(link) }).catch((cause: unknown) => {
        const message = "The mail server did not take the invitation. Try again.";
        throw new ApiError("MAIL_NOT_SENT", message, { cause });
      });
      return { link: mail.delivers ? undefined : link };
    },

    async requestReset(api, email, whence) {
      const name = `${placeOf(api)} ${email.slice(0, 254).toLowerCase()}`;
      if (!EMAIL.test(email) || !throttle.admits(mailsTo(name, whence.address))) return;
      // Nobody waits for it: the time it takes would tell who is known here.
      sendReset(api, email, whence).catch(parts.onFault);
    },

    async look(kind, token): Promise<LinkView | undefined> {
      const link = await usable(kind, token);
      if (link === undefined) return undefined;
      const { api, personId } = link;
      const known = personId === null ? undefined : await store.people.find(api, personId);
      const shownApi = api === DEPLOYMENT ? null : api;
      return { kind, email: known?.email ?? null, name: known?.name ?? null, api: shownApi };
    },

    async consume(kind, token, use, whence) {
      const link = await usable(kind, token);
      if (link === undefined) return undefined;
      const { api: place, personId } = link;
      const known = personId === null ? undefined : await store.people.find(place, personId);
      if (personId !== null && known === undefined) return undefined;
      const deed = deedFrom(kind, use);
      const email = deed.kind === "setup" ? deed.email : (known?.email ?? null);
      const password = await checkNewPassword(use.password, { email, isBreached });
      const api = place === DEPLOYMENT ? null : place;
      const id = deed.kind === "setup" ? deed.id : (personId ?? "");
      const person: Person = { kind: api === null ? "operator" : "user", api, id };
      const input = { digest: digestOf(token), deed, passwordHash: await hashPassword(password) };
      const context = deedOf(person, whence, clock());
      const { output } = await store.write("useSignInLink", input, context);
      return output.personId === null ? undefined : person;
    },
  };
}

/** @throws {ApiError} `INVALID_REQUEST` that names the field. */
function deedFrom(kind: LinkKind, { email = "", name }: LinkUse): LinkDeed {
  if (name !== undefined && (name.trim() === "" || name.length > MOST_NAME)) {
    throw invalidField("name", `The name must have 1 to ${MOST_NAME} characters.`);
  }
  if (kind === "reset") return { kind };
  if (kind === "invitation") return { kind, name };
  if (!EMAIL.test(email)) throw invalidField("email", "This is no e-mail address.");
  if (name === undefined) throw invalidField("name", "A name is needed.");
  return { kind, id: `opr_${randomBytes(12).toString("hex")}`, email, name };
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

function resetMail(link: string) {
  return {
    subject: "Choose a new password",
    text: `Somebody, probably you, wants to choose a new password. This link works once, for an hour:

${link}

If it was not you, ignore this mail: nothing has changed.
`,
  };
}

function invitationMail(link: string) {
  return {
    subject: "You are invited",
    text: `You can sign in once you have chosen a password. This link works once, for seven days:

${link}
`,
  };
}
