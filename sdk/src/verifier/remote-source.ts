import type {
  AccountState,
  CredentialAnswer,
  CredentialMaterial,
  CredentialState,
  SecretDigest,
  SharedSecret,
  Source,
  UserState,
} from "@latchkey/engine";
import { LinkError, type ServerLink } from "./server-link.ts";

/** The server keeps what proves this credential to itself: it has to decide. */
class WithheldError extends Error {}

interface Question {
  readonly about: "credential" | "account" | "user";
  readonly scheme?: string;
  readonly name: string;
}

/** One answer, as the server sends it. */
interface WireAnswer {
  readonly asOf: number;
  readonly credential?: CredentialState;
  readonly account?: AccountState;
  readonly user?: UserState;
  readonly material?: WireMaterial;
}

/** Bytes are in base64. */
type WireMaterial =
  | { readonly kind: "withheld" }
  | { readonly kind: "public-key"; readonly spki: string }
  | {
      readonly kind: "shared-secrets";
      readonly secrets: readonly (Omit<SharedSecret, "secret"> & { readonly secret: string })[];
    }
  | {
      readonly kind: "secret-digests";
      readonly digests: readonly (Omit<SecretDigest, "digest"> & { readonly digest: string })[];
    };

interface Waiting {
  readonly question: Question;
  readonly answered: PromiseWithResolvers<WireAnswer>;
}

/** Shorter than the time that the engine gives a question. */
const TIMEOUT_MILLIS = 2000;
const MOST_IN_ONE_CALL = 64;
const MOST_WITHHELD = 10_000;

/**
 * Asks the server. What is asked in one turn of the event loop goes there in one call. It rejects
 * for a credential whose secrets the server keeps to itself, and remembers that.
 */
export function createRemoteSource(link: Pick<ServerLink, "post">): Source {
  let waiting: Waiting[] = [];
  const withheld = new Set<string>();

  function ask(question: Question): Promise<WireAnswer> {
    const answered = Promise.withResolvers<WireAnswer>();
    waiting.push({ question, answered });
    if (waiting.length === 1) setImmediate(sendAll);
    return answered.promise;
  }

  function sendAll(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += MOST_IN_ONE_CALL) {
      void send(all.slice(from, from + MOST_IN_ONE_CALL));
    }
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    try {
      const questions = batch.map(({ question }) => question);
      const options = { timeoutMillis: TIMEOUT_MILLIS };
      const answer = await link.post("/resolve", { questions }, options);
      // Written by the server's own resolve route.
      const { answers } = answer as { readonly answers: readonly WireAnswer[] };
      batch.forEach(({ answered }, i) => {
        const one = answers[i];
        if (one === undefined) answered.reject(new LinkError("an answer is missing"));
        else answered.resolve(one);
      });
    } catch (error) {
      for (const { answered } of batch) answered.reject(error);
    }
  }

  return {
    async credential(scheme, digest): Promise<CredentialAnswer> {
      const name = Buffer.from(digest).toString("base64url");
      const key = `${scheme} ${name}`;
      if (withheld.has(key)) throw new WithheldError();
      const { asOf, credential, account, material } = await ask({
        about: "credential",
        scheme,
        name,
      });
      if (material?.kind === "withheld") {
        if (withheld.size >= MOST_WITHHELD) withheld.clear();
        withheld.add(key);
        throw new WithheldError();
      }
      return { asOf, credential, account, material: material && opened(material) };
    },

    async account(id) {
      const { asOf, account } = await ask({ about: "account", name: id });
      return { asOf, account };
    },

    async user(id) {
      const { asOf, user } = await ask({ about: "user", name: id });
      return { asOf, user };
    },
  };
}

function opened(material: Exclude<WireMaterial, { kind: "withheld" }>): CredentialMaterial {
  switch (material.kind) {
    case "public-key":
      return { kind: "public-key", spki: bytes(material.spki) };
    case "shared-secrets": {
      const secrets = material.secrets.map((each) => ({ ...each, secret: bytes(each.secret) }));
      return { kind: "shared-secrets", secrets };
    }
    case "secret-digests": {
      const digests = material.digests.map((each) => ({ ...each, digest: bytes(each.digest) }));
      return { kind: "secret-digests", digests };
    }
  }
}

function bytes(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
