export type {
  AnswerContext,
  CreateVerifier,
  Verifier,
  VerifierOptions,
  VerifierProblem,
  VerifierStatus,
} from "./verifier/verifier.ts";
