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
import { gatheredCalls } from "./gathered-calls.ts";
import type { ServerLink } from "./server-link.ts";

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

/** Shorter than the time that the engine gives a question. */
const TIMEOUT_MILLIS = 2000;
const MOST_WITHHELD = 10_000;

/**
 * Asks the server. What is asked in one turn of the event loop goes there in one call. It rejects
 * for a credential whose secrets the server keeps to itself, and remembers that.
 */
export function createRemoteSource(link: Pick<ServerLink, "post">): Source {
  const withheld = new Set<string>();
  const ask = gatheredCalls<Question, WireAnswer>({
    link,
    path: "/resolve",
    timeoutMillis: TIMEOUT_MILLIS,
    write: (questions) => ({ questions }),
    // Written by the server's own resolve route.
    read: (answer) => (answer as { readonly answers: readonly WireAnswer[] }).answers,
  });

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
