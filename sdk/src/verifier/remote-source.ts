import type {
  AccountState,
  CredentialAnswer,
  CredentialMaterial,
  CredentialState,
  SecretDigest,
  SharedSecret,
  SignatureAnswer,
  Source,
  UserState,
} from "@latchkey/engine";
import { gatheredCalls } from "./gathered-calls.ts";
import type { ServerLink } from "./server-link.ts";

interface Question {
  readonly about: "credential" | "account" | "user" | "signature";
  readonly scheme?: string;
  readonly name: string;
  readonly text?: string;
  readonly signature?: string;
}

/** One answer, as the server sends it. */
interface WireAnswer {
  readonly asOf: number;
  readonly credential?: CredentialState;
  readonly account?: AccountState;
  readonly user?: UserState;
  readonly material?: WireMaterial;
  readonly signature?: WireSignature;
}

/** Without `changesAt` it holds until the secrets change. */
type WireSignature = Omit<SignatureAnswer, "changesAt"> &
  Partial<Pick<SignatureAnswer, "changesAt">>;

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

/**
 * Asks the server. What is asked in one turn of the event loop goes there in one call. Rejects when
 * that is not answered.
 */
export function createRemoteSource(link: Pick<ServerLink, "post">): Required<Source> {
  const ask = gatheredCalls<Question, WireAnswer>({
    link,
    path: "/resolve",
    timeoutMillis: TIMEOUT_MILLIS,
    write: (questions) => ({ questions }),
    // Written by the server's own resolve route.
    read: (answer) => (answer as { readonly answers?: readonly WireAnswer[] }).answers,
  });

  return {
    async credential(scheme, digest): Promise<CredentialAnswer> {
      const name = Buffer.from(digest).toString("base64url");
      const question = { about: "credential", scheme, name } as const;
      const { asOf, credential, account, material } = await ask(question);
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

    async signature(scheme, digest, { text, signature }) {
      const name = Buffer.from(digest).toString("base64url");
      const given = Buffer.from(signature).toString("base64url");
      const question = { about: "signature", scheme, name, text, signature: given } as const;
      const { asOf, signature: told } = await ask(question);
      return { asOf, signature: told && { changesAt: Number.POSITIVE_INFINITY, ...told } };
    },
  };
}

function opened(material: WireMaterial): CredentialMaterial {
  switch (material.kind) {
    case "withheld":
      return material;
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
