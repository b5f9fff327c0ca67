export { createVerifier } from "./verifier/create-verifier.ts";
export type {
  AnswerContext,
  CreateVerifier,
  Verifier,
  VerifierOptions,
  VerifierProblem,
  VerifierStatus,
} from "./verifier/verifier.ts";
