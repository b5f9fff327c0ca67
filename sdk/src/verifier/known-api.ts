import {
  type AccountState,
  type Clock,
  type CredentialState,
  createEngine,
  createMemoryLimiter,
  type Engine,
  type IssuerKeysState,
  type Lease,
  type Limiter,
  type OneTime,
  type Policy,
  type Source,
  type UserState,
} from "@latchkey/engine";
import type { Change, Hello, PolicyVersion } from "./change-feed.ts";

/** What a verifier knows of its API: the policy, and an engine that decides by it. */
export interface KnownApi {
  /** `undefined`: there is no policy yet, or none that this release can read. */
  readonly engine: Engine | undefined;
  /** What this release does not know. */
  readonly unable: string | undefined;
  /** Takes the policy and the keys; a policy with another digest begins with an empty memory. */
  adopt(hello: Pick<Hello, "seq" | "policy" | "issuerKeys">): void;
  apply(change: Change): void;
  /** Forgets everything but the policy; `adopt` has to follow. */
  forget(): void;
}

interface KnownApiParts {
  readonly source: Source;
  readonly lease: Lease;
  /** Counts where the policy wants limits that are leased. */
  readonly leased: Limiter;
  readonly clock: Clock;
  readonly requireTls: boolean;
  readonly capacity: number;
  /** Told of what this release does not know. */
  readonly onUnable: (why: Error) => void;
}

/** What must not be used twice is claimed where all can see it: by the server. */
const CLAIMED_BY_SERVER: OneTime = {
  claim: () => Promise.reject(new Error("the server claims it")),
  isClaimed: () => Promise.reject(new Error("the server claims it")),
};

/** Where the policy wants exact limits, no request is counted here. */
const COUNTED_BY_SERVER: Limiter = {
  spend: () => "unavailable",
  peek: () => "unavailable",
};

/** An API about which nothing is known. Counters outlive a change of the policy. */
export function createKnownApi(parts: KnownApiParts): KnownApi {
  const limiters: Readonly<Record<string, Limiter>> = {
    exact: COUNTED_BY_SERVER,
    leased: parts.leased,
    local: createMemoryLimiter(),
  };
  let engine: Engine | undefined;
  let unable: string | undefined;
  /** What changes that this release does not know are about: no policy makes it know them. */
  let foreign: string | undefined;
  let known: { readonly digest: string; readonly policy: Policy } | undefined;
  /** An engine that is built later has to be told too. */
  let issuerKeys: { readonly seq: number; readonly state: IssuerKeysState } | undefined;

  function build(policy: Policy): void {
    if (foreign !== undefined) return;
    try {
      const limiter = limiters[policy.verifiers.limits];
      // Of a later release: counting in another way could let too much pass.
      if (limiter === undefined) {
        giveUp("how its requests are counted");
        return;
      }
      engine = createEngine({ ...parts, policy, limiter, oneTime: CLAIMED_BY_SERVER });
      unable = undefined;
      if (issuerKeys !== undefined) engine.applyIssuerKeys(issuerKeys.seq, issuerKeys.state);
    } catch (error) {
      giveUp(`its policy (${error instanceof Error ? error.message : "it cannot be read"})`);
    }
  }

  function takePolicy({ digest, policy }: PolicyVersion): void {
    if (known?.digest === digest) return;
    // A policy of another format ends in `unable`.
    known = { digest, policy: policy as Policy };
    build(known.policy);
  }

  function takeIssuerKeys(seq: number, state: IssuerKeysState): void {
    issuerKeys = { seq, state };
    try {
      engine?.applyIssuerKeys(seq, state);
    } catch {
      giveUp("a key that signs its tokens");
    }
  }

  function giveUp(why: string): void {
    engine = undefined;
    unable = why;
    parts.onUnable(new Error(`this release does not know ${why}: the server decides`));
  }

  return {
    get engine() {
      return engine;
    },
    get unable() {
      return unable;
    },
    adopt({ seq, policy, issuerKeys: keys }) {
      takePolicy(policy);
      takeIssuerKeys(seq, keys);
    },
    apply({ kind, seq, state }) {
      switch (kind) {
        // Each kind's state has its own shape, fixed by the server that wrote it.
        case "credential":
          return engine?.applyCredential(seq, state as CredentialState);
        case "account":
          return engine?.applyAccount(seq, state as AccountState);
        case "user":
          return engine?.applyUser(seq, state as UserState);
        case "policy":
          return takePolicy(state as PolicyVersion);
        case "issuer_keys":
          return takeIssuerKeys(seq, state as IssuerKeysState);
        default:
          // A later server: whatever this means, going on as if it meant nothing could be wrong.
          foreign ??= `changes of the kind "${kind}"`;
          giveUp(foreign);
      }
    },
    forget() {
      // Of a database that was restored they may be older, by their number; the hello has its own.
      issuerKeys = undefined;
      if (known !== undefined) build(known.policy);
    },
  };
}
