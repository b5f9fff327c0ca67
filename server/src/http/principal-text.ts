import type { Principal } from "@latchkey/engine";

/** Principals that were written lately, in places that the ends of their ids choose. A power of two. */
const PLACES = 4096;
/** What takes more memory is written anew each time. */
const MOST_LENGTH = 1024;

interface Written {
  readonly principal: Principal;
  readonly text: string;
}

const written = new Array<Written | undefined>(PLACES).fill(undefined);

/**
 * A principal as `JSON.stringify` writes it: a third of an answer, and the same each time that a
 * credential decides.
 */
export function principalMember(principal: Principal): string {
  const place = placeOf(principal.credentialId);
  const before = written[place];
  if (before !== undefined && isSame(before.principal, principal)) return before.text;
  const text = [',"principal":', JSON.stringify(principal)].join("");
  if (text.length <= MOST_LENGTH) written[place] = { principal, text };
  return text;
}

/** Ids are random up to their last character. */
function placeOf(id: string | null): number {
  if (id === null || id.length < 3) return 0;
  const last = id.length - 1;
  const mixed = id.charCodeAt(last) + 37 * id.charCodeAt(last - 1) + 1369 * id.charCodeAt(last - 2);
  return mixed & (PLACES - 1);
}

/** Whether they are the same to the letter. Lists and actors that are made anew never are. */
function isSame(a: Principal, b: Principal): boolean {
  return (
    a.credentialId === b.credentialId &&
    a.accountId === b.accountId &&
    a.scopes === b.scopes &&
    a.plan === b.plan &&
    a.kind === b.kind &&
    a.userId === b.userId &&
    a.subject === b.subject &&
    a.applicationId === b.applicationId &&
    a.actor === b.actor &&
    a.mode === b.mode &&
    a.scheme === b.scheme
  );
}
