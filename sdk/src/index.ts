export { createVerifier } from "./verifier/create-verifier.ts";
export { createRemoteVerifier } from "./verifier/remote-verifier.ts";
export type {
  Actor,
  Allow,
  AnswerContext,
  ApiRequest,
  CreateVerifier,
  Decision,
  Deny,
  LimitState,
  Mode,
  Principal,
  Reason,
  RemoteVerifierOptions,
  Rendered,
  Requirement,
  Verifier,
  VerifierOptions,
  VerifierProblem,
  VerifierStatus,
} from "./verifier/verifier.ts";
