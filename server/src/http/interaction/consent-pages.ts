import { escaped, type Page } from "../../oauth/page.ts";

/** What pages show of the application that asks. */
export interface AskingApplication {
  readonly name: string;
  readonly verified: boolean;
  readonly homePage: string | null;
  /** Where the browser goes next; empty: nowhere, for what waits is a device. */
  readonly redirectHost: string;
}

/** What the application asks for, one by one: each can be left out. */
export function consentPage(
  application: AskingApplication,
  { csrf, scopes }: { csrf: string; scopes: readonly { name: string; title: string }[] },
): Page {
  const { name, verified } = application;
  const boxes = scopes.map(
    (scope, i) => `<label class="scope" for="scope-${i}">
<input id="scope-${i}" type="checkbox" name="scope" value="${escaped(scope.name)}" checked>
<span>${escaped(scope.title)} <span class="quiet">(${escaped(scope.name)})</span></span></label>`,
  );
  const asks =
    boxes.length === 0
      ? "<p>It asks for nothing but to know that you are here.</p>"
      : `<fieldset><legend>It asks to</legend>${boxes.join("\n")}</fieldset>`;
  const content = `<p><span class="mark">${verified ? "Verified application" : "Not verified"}</span></p>
${whereTo(application)}
<form method="post">
<input type="hidden" name="csrf" value="${escaped(csrf)}">
${asks}
<div class="actions">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>`;
  return { title: `Allow ${name} to use your account?`, content };
}

function whereTo({ homePage, redirectHost }: AskingApplication): string {
  const link =
    homePage !== null && `<a rel="noreferrer" href="${escaped(homePage)}">${escaped(homePage)}</a>`;
  if (redirectHost === "") return link === false ? "" : `<p>Its home page is ${link}.</p>`;
  const target = `You will be sent to <strong>${escaped(redirectHost)}</strong>`;
  return `<p>${target}${link === false ? "" : `; its home page is ${link}`}.</p>`;
}

/** There is nothing to answer here: the browser began nothing, or it was too long ago. */
export function endedPage(): Page {
  const content = `<p role="alert">There is nothing to sign in to here, or it was too long ago.</p>
<p>Go back to the application and start again.</p>`;
  return { title: "This sign-in has ended", content, status: 400 };
}
