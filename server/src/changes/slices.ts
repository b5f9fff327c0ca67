import {
  ApiError,
  type AwayAnswer,
  type Clock,
  type CompiledLimit,
  canBeLent,
  invalidField,
  type Lender,
  limitWithId,
  type Slice,
} from "@latchkey/engine";
import type { Store } from "../store/store.ts";

/** Where one API's requests are counted. */
export interface LendingApi {
  readonly lender: Lender;
  /** Whether its policy lets verifiers count against slices. */
  readonly lends: boolean;
}

/** What a verifier asks of one key of one limit. */
export interface SliceQuestion {
  /** The limit's id. */
  readonly limit: string;
  readonly key: string;
  readonly need: number;
  readonly spare: number;
}

/** Lends verifiers slices of what the counters have left, each small enough to leave all others one. */
export interface Slices {
  /**
   * What is granted and lent is counted already.
   * @throws {ApiError} `INVALID_REQUEST`: a limit is none of the API's; then nothing is counted.
   */
  lend(api: string, questions: readonly SliceQuestion[]): Promise<readonly (Slice | AwayAnswer)[]>;
}

/** So long it is believed how many verifiers there are. */
const COUNTED_FOR_MILLIS = 1000;

/** Where the store cannot tell how many there are, nothing is lent; counted is all the same. */
export function createSlices(parts: {
  readonly store: { readonly verifiers: Pick<Store["verifiers"], "progress"> };
  readonly clock: Clock;
  /** By slug. */
  readonly apis: ReadonlyMap<string, LendingApi>;
}): Slices {
  const { store, clock, apis } = parts;
  const counts = new Map<string, { readonly at: number; readonly count: Promise<number> }>();

  /** Verifiers that hold a lease. */
  function verifiersOf(api: string): Promise<number> {
    const now = clock();
    const known = counts.get(api);
    if (known !== undefined && Math.abs(now - known.at) < COUNTED_FOR_MILLIS) return known.count;
    const count = store.verifiers.progress(api, { seq: 0, leaseEndsAt: now }).then(
      ({ confirmed, pending }) => confirmed + pending,
      () => 0,
    );
    counts.set(api, { at: now, count });
    return count;
  }

  async function shareOf(slug: string, { lends }: LendingApi, spare: number): Promise<number> {
    if (!lends || spare === 0) return Number.POSITIVE_INFINITY;
    const verifiers = await verifiersOf(slug);
    return verifiers === 0 ? Number.POSITIVE_INFINITY : 2 * verifiers;
  }

  return {
    async lend(slug, questions) {
      const api = apis.get(slug);
      if (api === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
      const limits = questions.map(({ limit }, i) => limitNamed(slug, limit, `slices[${i}].limit`));
      const lend = async ({ key, need, spare }: SliceQuestion, limit: CompiledLimit) => {
        const share = await shareOf(slug, api, canBeLent(limit) ? spare : 0);
        return api.lender.lend(limit, key, clock(), { need, spare, share });
      };
      return Promise.all(questions.map((each, i) => lend(each, limits[i] as CompiledLimit)));
    },
  };
}

function limitNamed(slug: string, id: string, field: string): CompiledLimit {
  const limit = limitWithId(slug, id);
  if (limit !== undefined) return limit;
  const message = `${field} is the id of no limit of this API.`;
  throw invalidField(field, message);
}
