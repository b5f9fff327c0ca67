import Provider, { type Adapter, errors, type KoaContextWithOIDC } from "oidc-provider";
import { type AdapterParts, artifactAdapter } from "./adapter.ts";

/** A sign-in that a request under way has read: it is written only as long as it is there. */
interface ReadSignIn {
  /** Under which it is kept. */
  readonly id: string;
  /** It has ended since, or goes on under another id that this request does not know. */
  readonly isGone: boolean;
}

const reads = new WeakMap<object, ReadSignIn>();

/**
 * Keeps browsers signed in. A session whose user is gone, or has changed the password since, is not
 * found any more: the library asserts that whoever is signed in exists. One that ends while a request
 * of its browser is answered is not brought back by what the library writes after the answer.
 */
export function sessionAdapter(parts: AdapterParts): Adapter {
  const { store, policy } = parts;
  const artifacts = artifactAdapter("Session", parts, placeOf);

  async function ifLive(found: ReturnType<Adapter["find"]>) {
    const payload = (await found) ?? undefined;
    const { accountId, loginTs = 0 } = payload ?? {};
    if (accountId === undefined) return payload;
    const person = await store.people.find(policy.slug, accountId);
    const isLive = person !== undefined && loginTs * 1000 > (person.signedOutAt ?? -1);
    return isLive ? payload : undefined;
  }

  return {
    ...artifacts,
    async find(id) {
      const payload = await ifLive(artifacts.find(id));
      if (payload !== undefined) note({ id, isGone: false });
      return payload;
    },
    findByUid: (uid) => ifLive(artifacts.findByUid(uid)),
    async upsert(id, payload, expiresIn) {
      const before = placeOf(id);
      try {
        await artifacts.upsert(id, payload, expiresIn);
        if (before !== undefined) note({ id, isGone: false });
      } catch (fault) {
        if (before === undefined || !(fault instanceof errors.InvalidGrant)) throw fault;
        note({ id: before, isGone: true });
      }
    },
    async destroy(id) {
      // What gets another id goes when it is saved under that, so that it is never without one.
      if (id === oldId() && id === readHere()?.id) return;
      await artifacts.destroy(id);
    },
  };
}

/** Leaves the browser the cookie that it has: it may be that of a sign-in in another tab. */
export async function keepNewerCookie(
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
): Promise<void> {
  await next();
  if (reads.get(ctx.req)?.isGone !== true) return;
  const name = ctx.oidc.provider.cookieName("session");
  const isOurs = (line: string) => line.startsWith(`${name}=`) || line.startsWith(`${name}.sig=`);
  const lines = [ctx.response.get("set-cookie") ?? []].flat();
  ctx.remove("set-cookie");
  ctx.set(
    "set-cookie",
    lines.filter((line) => !isOurs(line)),
  );
}

/** The id of what a session is saved in place of; `undefined`: it is a new one. */
function placeOf(id: string): string | undefined {
  const read = readHere()?.id;
  return read === id || read === oldId() ? read : undefined;
}

function readHere(): ReadSignIn | undefined {
  return Provider.ctx && reads.get(Provider.ctx.req);
}

function note(read: ReadSignIn): void {
  if (Provider.ctx !== undefined) reads.set(Provider.ctx.req, read);
}

/** What the library called the session before it gave it another id. */
function oldId(): string | undefined {
  return (Provider.ctx?.oidc?.session as { readonly oldId?: string } | undefined)?.oldId;
}
