import { Type } from "typebox";
import { OneOf } from "./base.ts";

/** `GET /healthz`. */
export const Health = Type.Object({ status: OneOf(["ok"]) }, { $id: "Health" });

/** `GET /readyz`. */
export const Readiness = Type.Object(
  {
    status: OneOf(["ready", "unavailable"]),
    checks: Type.Record(Type.String(), OneOf(["ok", "unavailable"])),
  },
  { $id: "Readiness" },
);
