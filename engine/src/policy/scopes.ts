import { BoundedMap } from "../domain/bounded-map.ts";
import type { ScopeBits, ScopeSet } from "../domain/scope.ts";
import { suggestion } from "./nearest-name.ts";
import type { ScopeRule } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";

const MOST_SETS = 10_000;

/** The scopes of one policy, and the sets that its credentials hold. */
export interface ScopeRegistry {
  /** In the policy's order. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** What a credential with these scopes may do; the same object for the same list. */
  set(names: readonly string[]): ScopeSet;
  /**
   * What an endpoint asks for, nothing implied. Throws `PolicyError` for an unknown name; `path`
   * says where in the policy the list is.
   */
  needed(names: readonly string[], path?: string): ScopeBits;
}

/**
 * Works out once what each scope satisfies. Implication is transitive: a scope that satisfies
 * another satisfies what that one does.
 */
export function compileScopes(rules: Readonly<Record<string, ScopeRule>>): ScopeRegistry {
  const names = Object.keys(rules);
  const index = new Map(names.map((name, i) => [name, i]));
  const wordCount = Math.max(1, Math.ceil(names.length / 32));
  const everywhere = names.map((name) => closure(name, names, (rule) => rule.implies));
  const onOwn = names.map((name) =>
    closure(name, names, (rule) => [...rule.implies, ...rule.impliesOnOwn]),
  );
  const sets = new BoundedMap<string, ScopeSet>(MOST_SETS);

  function noBits(): number[] {
    return Array.from({ length: wordCount }, () => 0);
  }

  function closure(
    from: string,
    all: readonly string[],
    patternsOf: (rule: ScopeRule) => readonly string[],
  ): ScopeBits {
    const bits = noBits();
    const reached = new Set([from]);
    for (const name of reached) {
      addBit(bits, index.get(name));
      const rule = rules[name];
      if (rule === undefined) continue;
      for (const pattern of patternsOf(rule)) {
        for (const implied of scopesMatching(pattern, all)) reached.add(implied);
      }
    }
    return bits;
  }

  function makeSet(given: readonly string[]): ScopeSet {
    const all = noBits();
    const own = noBits();
    for (const name of given) {
      const i = index.get(name);
      if (i === undefined) continue;
      addAll(all, everywhere[i]);
      addAll(own, onOwn[i]);
    }
    return { names: [...given], everywhere: all, onOwn: own };
  }

  return {
    names,
    has: (name) => index.has(name),

    set(given) {
      // Not a join: a name that holds the separator would open another list's set.
      const key = JSON.stringify(given);
      let set = sets.get(key);
      if (set === undefined) {
        set = makeSet(given);
        sets.set(key, set);
      }
      return set;
    },

    needed(wanted, path = "scopes") {
      const bits = noBits();
      for (const [position, name] of wanted.entries()) {
        const i = index.get(name);
        if (i === undefined) {
          const text = `${JSON.stringify(name)} is not a scope of this API`;
          throw new PolicyError([
            { path: `${path}[${position}]`, text: text + suggestion(name, names) },
          ]);
        }
        addBit(bits, i);
      }
      return bits;
    },
  };
}

/** The names that an `implies` pattern stands for: `*` is all, `read:*` all that begin so. */
export function scopesMatching(pattern: string, names: readonly string[]): readonly string[] {
  if (!pattern.endsWith("*")) return names.includes(pattern) ? [pattern] : [];
  const prefix = pattern.slice(0, -1);
  return names.filter((name) => name.startsWith(prefix));
}

function addBit(bits: number[], i: number | undefined): void {
  if (i === undefined) return;
  const word = i >>> 5;
  bits[word] = (bits[word] ?? 0) | (1 << (i & 31));
}

function addAll(bits: number[], more: ScopeBits | undefined): void {
  if (more === undefined) return;
  for (let i = 0; i < bits.length; i += 1) bits[i] = (bits[i] ?? 0) | (more[i] ?? 0);
}
