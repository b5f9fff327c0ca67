import type { LimitSubject, Window } from "../domain/limit.ts";
import type { CompiledLimit, RefuseWhen } from "../limits/compiled-limit.ts";
import { canonicalJson } from "./digest.ts";
import { readLimitSpecs } from "./limit-specs.ts";

/** What makes limits of one API count alike. */
interface LimitParts {
  /** Of credential. */
  readonly kind: string;
  readonly per: LimitSubject;
  readonly refuseWhen: RefuseWhen;
  readonly windows: readonly Window[];
}

const SUBJECTS: readonly unknown[] = ["credential", "token", "user", "account", "address"];
const REFUSALS: readonly unknown[] = ["any", "all"];

/** A limit of the API `slug`, under the id that all its processes give it. */
export function limitOf(
  slug: string,
  { kind, per, refuseWhen, windows }: LimitParts,
): CompiledLimit {
  const complete = windows.map(({ name, max, windowSeconds, blockSeconds }): Window => {
    return { name, max, windowSeconds, blockSeconds };
  });
  const id = canonicalJson([slug, kind, per, refuseWhen, complete]);
  return { id, per, windows: complete, refuseWhen };
}

/** The limit that has this id; `undefined` for what is no id of a limit of the API `slug`. */
export function limitWithId(slug: string, id: string): CompiledLimit | undefined {
  const [api, kind, per, refuseWhen, specs] = elementsOf(id);
  if (api !== slug || typeof kind !== "string") return undefined;
  if (!SUBJECTS.includes(per) || !REFUSALS.includes(refuseWhen)) return undefined;
  const { windows, problems } = readLimitSpecs(specs, "");
  if (problems.length > 0) return undefined;
  // Both are in the lists above.
  const parts = { kind, per: per as LimitSubject, refuseWhen: refuseWhen as RefuseWhen, windows };
  const limit = limitOf(slug, parts);
  return limit.id === id ? limit : undefined;
}

function elementsOf(id: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(id);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
