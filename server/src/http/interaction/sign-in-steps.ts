import type { Interaction } from "../../oauth/interactions.ts";
import type { Page } from "../../oauth/page.ts";
import type { HandOffs } from "../../sign-in/hand-offs.ts";
import type {
  Links,
  Passkeys,
  People,
  Person,
  SecondFactors,
  Tried,
  Whence,
} from "../../sign-in/people.ts";
import type { SignIn } from "../../sign-in/sign-in.ts";
import { codePage, forgottenPage, mailedPage, signInPage } from "./sign-in-pages.ts";

/** What signing in on a page is made of. */
export interface SignInParts {
  readonly signIn: SignIn;
  readonly people: People;
  readonly secondFactors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly links: Links;
  readonly handOffs: HandOffs;
  /** By slug, the vendor's own page on which people sign in. */
  readonly signInUrls: ReadonlyMap<string, string>;
  /** Without a trailing slash. */
  readonly publicUrl: string;
}

/** One request of somebody who is signing in. */
export interface Step {
  readonly api: string;
  readonly interaction: Interaction;
  readonly csrf: string;
  /** Where this page is, as browsers see it. */
  readonly url: string;
  readonly whence: Whence;
  /** The page for who has forgotten the password. */
  readonly forgotten: boolean;
}

const WRONG_PASSWORD = "The e-mail or the password is wrong.";
const WRONG_CODE = "The code is wrong, or was used before.";
const WRONG_PASSKEY = "The passkey was not accepted.";

/** What the browser is shown. `fault` says what was wrong with the last try. */
interface Shown {
  readonly email?: string;
  readonly fault?: string;
  readonly retryAfterSeconds?: number;
}

/** Asks for whatever comes next: e-mail and password, elsewhere if need be, or the code. */
export async function askSignIn(
  parts: SignInParts,
  step: Step,
  shown: Shown = {},
): Promise<Page | URL> {
  const { passkeys, publicUrl, signInUrls } = parts;
  const { api, interaction, csrf, forgotten } = step;
  const { application, uid, passed } = interaction;
  if (passed?.by === "hand-off") {
    const person: Person = { kind: "user", api, id: passed.userId };
    const { totp } = await parts.secondFactors.of(person);
    if (!totp) return finish(parts, step, { person, methods: ["hand-off"] });
  }
  const elsewhere = signInUrls.get(api);
  if (elsewhere !== undefined && passed === undefined) return toVendor(elsewhere, step);
  if (forgotten) return forgottenPage({ csrf });
  const passkey = passkeys.usable
    ? { options: await passkeys.authenticationOptions(api, uid), origin: new URL(publicUrl).origin }
    : undefined;
  const page = passed === undefined ? signInPage : codePage;
  return page(application, { csrf, passkey, ...shown });
}

/** Takes a form, and answers the next page, or where to go on. */
export async function signInStep(
  parts: SignInParts,
  step: Step,
  form: URLSearchParams,
): Promise<Page | URL> {
  const { interaction, api, whence } = step;
  // Nobody signs in here with a password or a passkey where the vendor has a page of its own.
  if (parts.signInUrls.has(api) && interaction.passed === undefined) return askSignIn(parts, step);
  if (step.forgotten) {
    await parts.links.requestReset(api, form.get("email") ?? "", whence);
    return mailedPage();
  }
  const passkey = form.get("passkey");
  if (passkey !== null) return withPasskey(parts, step, passkey);
  if (form.get("restart") !== null) {
    await interaction.pass(undefined);
    return askSignIn(parts, anew(step));
  }
  if (interaction.passed !== undefined) return withCode(parts, step, form.get("code") ?? "");
  return withPassword(parts, step, form);
}

async function withPassword(
  parts: SignInParts,
  step: Step,
  form: URLSearchParams,
): Promise<Page | URL> {
  const { api, whence, interaction } = step;
  const email = form.get("email") ?? "";
  const password = form.get("password") ?? "";
  const tried = await parts.signIn({ api, email, password, ...whence });
  if (tried.outcome !== "right") {
    return askSignIn(parts, step, { email, ...faultOf(tried, WRONG_PASSWORD) });
  }
  const { person, signedOutAt } = tried;
  const { totp } = await parts.secondFactors.of(person);
  // Or there is another password since this one was read: checking it takes its time.
  if ((await parts.people.find(person))?.signedOutAt !== signedOutAt) {
    return askSignIn(parts, step, { email, fault: WRONG_PASSWORD });
  }
  if (!totp) return finish(parts, step, { person, methods: ["password"], signedOutAt });
  await interaction.pass(person.id);
  const passed = { userId: person.id, by: "password", at: 0 } as const;
  return askSignIn(parts, { ...step, interaction: { ...interaction, passed } });
}

async function withCode(parts: SignInParts, step: Step, code: string): Promise<Page | URL> {
  const { api, whence, interaction } = step;
  const { userId, by, at } = interaction.passed ?? { userId: "", by: "password", at: 0 };
  const person: Person = { kind: "user", api, id: userId };
  const known = await parts.people.find(person);
  // The password that was right is none any more.
  if (known === undefined || (known.signedOutAt ?? -1) >= at) {
    await interaction.pass(undefined);
    return askSignIn(parts, anew(step));
  }
  const tried = await parts.secondFactors.checkCode(person, code, whence);
  if (tried.outcome !== "right") return askSignIn(parts, step, faultOf(tried, WRONG_CODE));
  const { signedOutAt } = known;
  return finish(parts, step, { person, methods: [by, tried.method], signedOutAt });
}

/** A passkey with user verification is both factors. */
async function withPasskey(parts: SignInParts, step: Step, answer: string): Promise<Page | URL> {
  const { api, whence, interaction } = step;
  const tried = await parts.passkeys.authenticate(api, parsed(answer), whence, interaction.uid);
  if (tried.outcome !== "right") return askSignIn(parts, step, faultOf(tried, WRONG_PASSKEY));
  return finish(parts, step, { person: tried.person, methods: ["passkey"] });
}

/** Who has signed in, by what, and the person's `signedOutAt` when a password was looked at. */
interface SignedIn {
  readonly person: Person;
  readonly methods: Parameters<People["noteSignIn"]>[1];
  readonly signedOutAt?: number | null;
}

async function finish(
  parts: SignInParts,
  step: Step,
  { person, methods, signedOutAt }: SignedIn,
): Promise<Page | URL> {
  const { interaction, whence } = step;
  const next = await interaction.finishLogin(person.id, signedOutAt);
  if (next === undefined) {
    await interaction.pass(undefined);
    return askSignIn(parts, anew(step), { fault: WRONG_PASSWORD });
  }
  await parts.people.noteSignIn(person, methods, whence);
  return new URL(next);
}

/** The wire contract: `?request=<uid>&return=<url>`. */
function toVendor(page: string, { interaction, url }: Step): URL {
  const next = new URL(page);
  next.searchParams.set("request", interaction.uid);
  next.searchParams.set("return", url);
  return next;
}

function anew(step: Step): Step {
  return { ...step, interaction: { ...step.interaction, passed: undefined } };
}

function faultOf(tried: Exclude<Tried<object>, { outcome: "right" }>, wrong: string): Shown {
  if (tried.outcome === "refused") return { fault: wrong };
  const { seconds } = tried;
  return { fault: `Too many tries. Wait ${seconds} seconds.`, retryAfterSeconds: seconds };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
