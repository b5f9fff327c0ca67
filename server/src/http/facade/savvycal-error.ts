import { API_ERRORS, type ApiError } from "@latchkey/engine";
import { SchemaFault } from "../validation.ts";
import { type FacadeAnswer, type FaultContext, JSON_TYPE } from "./profile-facade.ts";
import { inSnakeCase } from "./snake-case.ts";

/** One of `errors`, in the form of JSON:API §11.2 that the document has. */
type Item = Readonly<Record<string, unknown>>;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A fault as `{"errors": [item]}`: 422 for a member of the body, 404 without a word more. */
export function savvycalError(error: ApiError, { request }: FaultContext): FacadeAnswer {
  const { status } = API_ERRORS[error.code];
  if (status === 404) return answer(404, { detail: "Not Found", status: "404" });
  const { message: detail, details } = inSnakeCase(error);
  const field = details?.field;
  if (status !== 400 || typeof field !== "string") {
    return answer(status, { status: String(status), title: TITLES[status] ?? "Error", detail });
  }
  const title = "Invalid value";
  if (field === "idempotency-key") {
    return answer(400, { status: "400", title, detail, source: { header: "Idempotency-Key" } });
  }
  // A request without a body has its members in the query.
  if (request.method === "GET" || request.method === "HEAD") {
    return answer(400, { status: "400", title, detail, source: { parameter: field } });
  }
  const pointer = error instanceof SchemaFault ? error.pointer : pointerOf(field);
  return answer(422, { title, detail, source: { pointer } });
}

function answer(status: number, item: Item): FacadeAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ errors: [item] }) };
}

/** One of our own names, `limits[0].max` as `/limits/0/max` (RFC 6901). */
function pointerOf(field: string): string {
  return `/${field.replace(/\[(\d+)\]/g, "/$1").replaceAll(".", "/")}`;
}
