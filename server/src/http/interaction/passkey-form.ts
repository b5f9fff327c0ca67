import { escaped } from "../../oauth/page.ts";

/** What an authenticator is asked. */
export interface PasskeyQuestion {
  /** `PublicKeyCredentialRequestOptionsJSON` */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where passkeys work; a page that stands elsewhere does not offer them. */
  readonly origin: string;
}

/** A button that the script shows where it works. `hidden` are the form's hidden fields. */
export function passkeyForm(hidden: string, { options, origin }: PasskeyQuestion): string {
  return `<form id="passkey" method="post" hidden data-origin="${escaped(origin)}" data-options="${escaped(JSON.stringify(options))}">
${hidden}
<input type="hidden" name="passkey">
<div class="actions"><button type="submit">Sign in with a passkey</button></div>
<p id="passkey-fault" role="alert"></p>
</form>`;
}

/** Asks the authenticator when the button is pressed, and sends what it answered as a form. */
export const PASSKEY_SCRIPT = `
const form = document.getElementById("passkey");
const isHere = location.origin === form.dataset.origin;
form.hidden = !isHere || !window.PublicKeyCredential?.parseRequestOptionsFromJSON;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const options = JSON.parse(form.dataset.options);
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    form.elements.passkey.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    document.getElementById("passkey-fault").textContent = "No passkey was used.";
  }
});
`;
