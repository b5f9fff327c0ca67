export { createVerifier } from "./verifier/create-verifier.ts";
export { createRemoteVerifier } from "./verifier/remote-verifier.ts";
export type {
  AnswerContext,
  CreateVerifier,
  RemoteVerifierOptions,
  Verifier,
  VerifierOptions,
  VerifierProblem,
  VerifierStatus,
} from "./verifier/verifier.ts";
