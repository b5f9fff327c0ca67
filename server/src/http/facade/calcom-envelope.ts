import { API_ERRORS, type ApiError, type CalcomFault, calcomEnvelope } from "@latchkey/engine";
import { type FacadeAnswer, type FaultContext, JSON_TYPE } from "./profile-facade.ts";

/** A fault in the document's envelope; wrong members are named in `details.errors`. */
export function calcomError(error: ApiError, context: FaultContext): FacadeAnswer {
  const { status } = API_ERRORS[error.code];
  const field = error.details?.field;
  if (status !== 400 || typeof field !== "string") {
    return calcomAnswer({ status, message: error.message }, context);
  }
  // Here the settings are members of the body like all others.
  const property = field.replace(/^settings\./, "");
  const isValid = error.message.replace(field, property);
  const errors = [{ property, constraints: { isValid } }];
  return calcomAnswer({ status, message: "Bad Request Exception", details: { errors } }, context);
}

/** A fault in the envelope, with a challenge where it is a 401 (RFC 9110 §11.6.1). */
export function calcomAnswer(
  fault: CalcomFault,
  { policy, request, at }: Pick<FaultContext, "policy" | "request" | "at">,
): FacadeAnswer {
  const challenge =
    fault.status === 401 ? ["www-authenticate", `Bearer realm="${policy.slug}"`] : [];
  return {
    status: fault.status,
    headers: [...JSON_TYPE, ...challenge],
    body: calcomEnvelope(fault, at, request.target),
  };
}
