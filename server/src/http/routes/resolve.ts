import { ApiError, invalidField, type Source } from "@latchkey/engine";
import type { Door } from "../app.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { ApiParams } from "../schemas/params.ts";
import {
  type AskedQuestion,
  Resolutions,
  ResolveBody,
  toMaterial,
  toSignature,
} from "../schemas/resolve.ts";

/** What verifiers of one API may be told. */
export interface ResolvedApi {
  readonly source: Source;
  /** Says whether a text is signed, where the secrets are kept from verifiers. */
  readonly signature: NonNullable<Source["signature"]>;
  /** Whether they are given the secrets with which requests and tokens are signed. */
  readonly holdSecrets: boolean;
}

const DIGEST_BYTES = 32;

/** `POST /v1/apis/{api}/resolve`: what verifiers do not know yet, straight from the store. */
export const resolveDoor =
  ({ apis }: { readonly apis: ReadonlyMap<string, ResolvedApi> }): Door =>
  async (app) => {
    app.addSchema(Resolutions);
    app.post("/v1/apis/:api/resolve", {
      config: { requires: "enforce", quiet: true },
      schema: {
        tags: ["verifiers"],
        operationId: "resolve",
        summary: "Tell a verifier what it does not know",
        params: ApiParams,
        body: ResolveBody,
        response: {
          200: Ref(Resolutions, "In the order of the questions."),
          ...readRefusals(413, 415),
        },
      },
      serializerCompiler: () => JSON.stringify,
      handler: async ({ params, body: { questions } }) => {
        const api = apis.get(params.api);
        if (api === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
        const answers = questions.map((question, i) => answer(api, question, i));
        return { answers: await Promise.all(answers) };
      },
    });
  };

async function answer(api: ResolvedApi, question: AskedQuestion, i: number) {
  const { source, holdSecrets } = api;
  const { about, name } = question;
  if (about === "account") return source.account(name);
  if (about === "user") return source.user(name);
  const { scheme } = question;
  if (scheme === undefined) throw wrong(`questions[${i}].scheme`, "names the scheme it is for");
  const digest = Buffer.from(name, "base64url");
  if (digest.length !== DIGEST_BYTES) throw wrong(`questions[${i}].name`, "is a SHA-256");
  if (about === "signature") {
    const { text, signature } = question;
    if (text === undefined) throw wrong(`questions[${i}].text`, "is what was signed");
    if (signature === undefined) throw wrong(`questions[${i}].signature`, "is missing");
    const signed = { text, signature: Buffer.from(signature, "base64url") };
    const { asOf, signature: told } = await api.signature(scheme, digest, signed);
    return { asOf, signature: told && toSignature(told) };
  }
  const { asOf, credential, account, material } = await source.credential(scheme, digest);
  const proof = material === undefined ? undefined : toMaterial(material, holdSecrets);
  return { asOf, credential, account, material: proof };
}

function wrong(field: string, what: string): ApiError {
  return invalidField(field, `${field} ${what}.`);
}
