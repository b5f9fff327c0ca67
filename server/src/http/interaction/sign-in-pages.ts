import { escaped, type Page } from "../../oauth/page.ts";
import type { AskingApplication } from "./consent-pages.ts";
import { PASSKEY_SCRIPT, type PasskeyQuestion, passkeyForm } from "./passkey-form.ts";

/** What pages of the sign-in show beside the application. */
interface Shown {
  readonly csrf: string;
  readonly passkey?: PasskeyQuestion | undefined;
  /** What was typed before. */
  readonly email?: string | undefined;
  /** What was wrong with the last try. */
  readonly fault?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** E-mail and password, or a passkey. */
export function signInPage(application: AskingApplication, shown: Shown): Page {
  const { csrf, email = "" } = shown;
  return signingIn(
    application,
    shown,
    `<form method="post">
${hidden(csrf)}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required value="${escaped(email)}"${email === "" ? " autofocus" : ""}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${email === "" ? "" : " autofocus"}>
<div class="actions"><button class="primary" type="submit">Sign in</button></div>
</form>`,
    '<p><a href="?forgotten">Forgotten your password?</a></p>',
  );
}

/** The code that the authenticator app shows, after the password was right. */
export function codePage(application: AskingApplication, shown: Shown): Page {
  const { csrf } = shown;
  return signingIn(
    application,
    shown,
    `<form method="post">
${hidden(csrf)}
<label for="code">Code</label>
<input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64" required autofocus aria-describedby="code-help">
<p id="code-help" class="quiet">Six digits from your authenticator app, or one of your recovery codes.</p>
<div class="actions"><button class="primary" type="submit">Continue</button></div>
</form>`,
    `<form method="post">
${hidden(csrf)}
<div class="actions"><button type="submit" name="restart" value="yes">Sign in as somebody else</button></div>
</form>`,
  );
}

/** Asks whose password it is. */
export function forgottenPage({ csrf }: { readonly csrf: string }): Page {
  const content = `<p>We send you a link with which you can choose a new one.</p>
<form method="post">
${hidden(csrf)}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
<div class="actions"><button class="primary" type="submit">Send the link</button></div>
</form>
<p><a href="?">Back to sign-in</a></p>`;
  return { title: "Forgotten your password?", content };
}

/** Says the same whether or not anybody has this address. */
export function mailedPage(): Page {
  const content = `<p role="status">If somebody signs in with this address, a link is on its way there.
It works once, and for an hour.</p>
<p><a href="?">Back to sign-in</a></p>`;
  return { title: "Look into your mail", content };
}

/** The vendor's own page has sent somebody whom it could not vouch for. */
export function refusedHandOffPage(retryAfterSeconds?: number): Page {
  const content = `<p role="alert">The page that sent you here could not prove who you are.</p>
<p>Go back to the application and start again.</p>`;
  const status = retryAfterSeconds === undefined ? 400 : 429;
  return { title: "This sign-in was not accepted", content, status, retryAfterSeconds };
}

function signingIn(
  { name }: AskingApplication,
  { csrf, passkey, fault, retryAfterSeconds }: Shown,
  form: string,
  after: string,
): Page {
  const content = `<p>to continue to <strong>${escaped(name)}</strong></p>
${fault === undefined ? "" : `<p role="alert">${escaped(fault)}</p>`}
${form}
${passkey === undefined ? "" : passkeyForm(hidden(csrf), passkey)}
${after}`;
  return {
    title: "Sign in",
    content,
    status: retryAfterSeconds !== undefined ? 429 : fault === undefined ? 200 : 422,
    script: passkey && PASSKEY_SCRIPT,
    retryAfterSeconds,
  };
}

function hidden(csrf: string): string {
  return `<input type="hidden" name="csrf" value="${escaped(csrf)}">`;
}
