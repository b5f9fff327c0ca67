/** A refusal of `calcom`'s token endpoint: RFC 6749 §5.2 with the document's descriptions. */
export class TokenFault extends Error {
  readonly status: 400 | 401;
  readonly error: string;

  constructor(status: 400 | 401, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }
}

/** The request itself is wrong. */
export function invalidRequest(description: string): TokenFault {
  return new TokenFault(400, "invalid_request", description);
}

/** Code, refresh token, verifier or redirect URI are not what they should be. */
export function invalidGrant(description: string): TokenFault {
  return new TokenFault(400, "invalid_grant", description);
}

/** The client has not proved who it is. */
export function invalidClient(description: string): TokenFault {
  return new TokenFault(401, "invalid_client", description);
}

/** The client may not have tokens, whoever it is. */
export function unauthorizedClient(description: string): TokenFault {
  return new TokenFault(401, "unauthorized_client", description);
}
