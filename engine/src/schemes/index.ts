import { accessToken } from "./access-token/access-token.ts";
import { anonymous } from "./anonymous/anonymous.ts";
import { apiKey } from "./api-key/api-key.ts";
import { clientSecretHeaders } from "./client-secret-headers/client-secret-headers.ts";
import { customerJwt } from "./customer-jwt/customer-jwt.ts";
import type { Scheme } from "./scheme.ts";
import { sharedSecretJwt } from "./shared-secret-jwt/shared-secret-jwt.ts";
import { signedRequest } from "./signed-request/signed-request.ts";

/** Every scheme there is. A policy names those it uses; this order is that of their challenges. */
export const SCHEMES: readonly Scheme[] = [
  clientSecretHeaders,
  apiKey,
  customerJwt,
  sharedSecretJwt,
  accessToken,
  signedRequest,
  anonymous,
];
