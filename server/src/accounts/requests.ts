import { ApiError, type Clock, hideSecrets, invalidField, readLimitSpecs } from "@latchkey/engine";
import type { Ceiling } from "../store/ceiling.ts";
import type { Page, PageRequest } from "../store/records.ts";
import type {
  RequestDetail,
  RequestKind,
  RequestRecord,
  Verdict,
} from "../store/request-record.ts";
import type { RequestFilter } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";

/** What a customer asks for. */
export interface RequestDraft {
  readonly accountId: string;
  readonly kind: RequestKind;
  readonly detail: RequestDetail;
}

/** The use cases of requests: what customers would otherwise write to support for. */
export interface Requests {
  /** @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` for too many open ones. */
  create(call: Call, draft: RequestDraft): Promise<RequestRecord>;
  /** @throws {ApiError} `NOT_FOUND`. */
  find(api: string, id: string, ceiling?: Ceiling): Promise<RequestRecord>;
  list(api: string, filter: RequestFilter, page: PageRequest): Promise<Page<RequestRecord>>;
  /**
   * What is approved is done before this resolves, or nothing is decided.
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` for one that was decided before, and when what it is
   * about was revoked since.
   */
  decide(call: Call, decision: Decision): Promise<RequestRecord>;
}

interface Decision {
  readonly id: string;
  readonly verdict: Verdict;
  /** What the customer is told. */
  readonly note?: string | null;
}

/** Most requests of one account that wait to be decided. */
const MOST_OPEN = 100;

/** Longest detail, in characters of JSON. */
const LONGEST_DETAIL = 8192;

/** Requests of all APIs, kept in `store`. */
export function createRequests(parts: { readonly store: Store; readonly clock: Clock }): Requests {
  const { store, clock } = parts;
  return {
    async create(call, { accountId, kind, detail }) {
      const asked = { accountId, kind, detail: checkedDetail(detail) };
      const input = { ...asked, id: newId("req"), maxOpen: MOST_OPEN };
      return (await store.write("createRequest", input, { ...call, at: clock() })).output;
    },

    async find(api, id, ceiling) {
      const request = await store.requests.find(api, id, ceiling);
      if (request !== undefined) return request;
      throw new ApiError("NOT_FOUND", "There is no such request.");
    },

    list: (api, filter, page) => store.requests.list(api, filter, page),

    async decide(call, { id, verdict, note = null }) {
      const input = { id, verdict, note };
      return (await store.write("decideRequest", input, { ...call, at: clock() })).output;
    },
  };
}

/** As it is kept: people paste keys into what they write to support. */
function checkedDetail(detail: RequestDetail): RequestDetail {
  const text = JSON.stringify(detail);
  if (text.length > LONGEST_DETAIL) {
    throw invalidField("detail", `detail must have at most ${LONGEST_DETAIL} characters of JSON.`);
  }
  if (typeof detail !== "string" && detail.limits !== undefined) {
    const [problem] = readLimitSpecs(detail.limits, "detail.limits").problems;
    if (problem !== undefined) {
      throw invalidField(problem.path, hideSecrets(`${problem.path}: ${problem.text}`));
    }
  }
  return JSON.parse(text, (_member, value) =>
    typeof value === "string" ? hideSecrets(value) : value,
  );
}
