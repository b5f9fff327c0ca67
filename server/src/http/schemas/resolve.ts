import type { CredentialMaterial, SignatureAnswer } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Body, OneOf, Text } from "./base.ts";

/** Something that a verifier does not know. */
const Question = Type.Object(
  {
    about: OneOf(["credential", "account", "user", "signature"]),
    scheme: Type.Optional(Text({ minLength: 1, maxLength: 64 })),
    name: Type.String({
      pattern: "^[A-Za-z0-9_-]{1,128}$",
      description:
        "Of a credential the SHA-256 of its secret or handle, in base64url, and of a signature " +
        "that of the credential that should have made it; else the id.",
    }),
    text: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9_.-]{1,8192}$",
        description: "Of a signature: what was signed.",
      }),
    ),
    signature: Type.Optional(
      Type.String({ pattern: "^[A-Za-z0-9_-]{1,1024}$", description: "In base64url." }),
    ),
  },
  { additionalProperties: false },
);

/** `POST resolve`. */
export const ResolveBody = Body({
  questions: Type.Array(Question, { minItems: 1, maxItems: 64 }),
});

/** JSON leaves out what is undefined. */
const Optional = Type.Optional(Type.Unsafe<object | undefined>({ type: "object" }));

/** In the order of the questions. Its states are those of the change feed, and change with the SDK. */
export const Resolutions = Type.Object(
  {
    answers: Type.Array(
      Type.Object(
        {
          asOf: Type.Integer({ description: "Every change up to here is in the answer." }),
          credential: Optional,
          account: Optional,
          user: Optional,
          material: Optional,
          signature: Optional,
        },
        { description: "Without a member there is none." },
      ),
    ),
  },
  { $id: "Resolutions" },
);

/** A question as it was sent. */
export type AskedQuestion = Static<typeof Question>;

/**
 * What proves a credential, as it goes over the wire: bytes in base64. Secrets that sign only where
 * the policy lets verifiers hold them; else it is said that there are some.
 */
export function toMaterial(material: CredentialMaterial, holdSecrets: boolean): object {
  switch (material.kind) {
    case "public-key":
      return { kind: material.kind, spki: base64(material.spki) };
    case "shared-secrets": {
      if (!holdSecrets) return { kind: "withheld" };
      const secrets = material.secrets.map((each) => ({ ...each, secret: base64(each.secret) }));
      return { kind: material.kind, secrets };
    }
    case "secret-digests": {
      const digests = material.digests.map((each) => ({ ...each, digest: base64(each.digest) }));
      return { kind: material.kind, digests };
    }
    case "withheld":
      return material;
  }
}

/** What is told of a signature; without `changesAt`: it stays so until the secrets change. */
export function toSignature({ changesAt, ...told }: SignatureAnswer): object {
  return Number.isFinite(changesAt) ? { ...told, changesAt } : told;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
