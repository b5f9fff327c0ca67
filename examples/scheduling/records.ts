/** A thing that the API keeps, with whatever its owner wrote into it. */
export interface Stored {
  readonly id: string;
  readonly [member: string]: unknown;
}

/** Things of one kind, in memory; each owner sees only their own. */
export interface Records {
  list(owner: string): readonly Stored[];
  find(owner: string, id: string): Stored | undefined;
  add(owner: string, draft: object): Stored;
  /** `undefined` when the owner has none of that id. */
  change(owner: string, id: string, changes: object): Stored | undefined;
  remove(owner: string, id: string): boolean;
  /** Whoever owns it: for what the public may see. */
  ownerOf(id: string): string | undefined;
}

/** What one owner may keep of one kind. */
const MOST_PER_OWNER = 10_000;

/** An empty collection, whose ids begin with `prefix`. */
export function createRecords(prefix: string): Records {
  const byOwner = new Map<string, Map<string, Stored>>();
  const owners = new Map<string, string>();
  let made = 0;
  return {
    list: (owner) => [...(byOwner.get(owner)?.values() ?? [])],
    find: (owner, id) => byOwner.get(owner)?.get(id),
    ownerOf: (id) => owners.get(id),

    add(owner, draft) {
      const own = byOwner.get(owner) ?? new Map<string, Stored>();
      if (own.size >= MOST_PER_OWNER) throw new Error(`${owner} has too many`);
      made += 1;
      const stored = { ...draft, id: `${prefix}_${made}` };
      byOwner.set(owner, own.set(stored.id, stored));
      owners.set(stored.id, owner);
      return stored;
    },

    change(owner, id, changes) {
      const before = byOwner.get(owner)?.get(id);
      if (before === undefined) return undefined;
      const stored = { ...before, ...changes, id };
      byOwner.get(owner)?.set(id, stored);
      return stored;
    },

    remove(owner, id) {
      const isGone = byOwner.get(owner)?.delete(id) ?? false;
      if (isGone) owners.delete(id);
      return isGone;
    },
  };
}
