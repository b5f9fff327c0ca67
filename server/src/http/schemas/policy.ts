import { Type } from "typebox";
import { Instant, Ref } from "./base.ts";

/** A policy as it was in force from an instant on. */
export const PolicyVersion = Type.Object(
  {
    version: Type.Integer({ description: "Counts from 1 in each API." }),
    digest: Type.String({ description: "Two processes with the same digest decide alike." }),
    recordedAt: Instant("When a process first started with it."),
    policy: Type.Object(
      {},
      { additionalProperties: true, description: "The whole policy, completed by its profile." },
    ),
  },
  { $id: "PolicyVersion" },
);

/** `GET policy-versions`. */
export const PolicyVersionList = Type.Object(
  { data: Type.Array(Ref(PolicyVersion)) },
  { $id: "PolicyVersionList" },
);

/** A deny reason, in words. */
const Reason = Type.Object({
  reason: Type.String(),
  class: Type.String({ description: "Decides what the caller sees." }),
  meaning: Type.String(),
  remedy: Type.String(),
});

/** `GET /v1/reasons`. */
export const ReasonList = Type.Object({ data: Type.Array(Reason) }, { $id: "ReasonList" });
