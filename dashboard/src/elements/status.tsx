import { Badge } from "@mantine/core";

const COLORS: Readonly<Record<string, string>> = {
  active: "teal",
  verified: "teal",
  approved: "teal",
  allow: "teal",
  delivered: "teal",
  rotated: "yellow",
  pending: "yellow",
  open: "yellow",
  suspended: "red",
  rejected: "red",
  revoked: "red",
  declined: "red",
  deny: "red",
  failed: "red",
  dead: "red",
  disabled: "yellow",
  unavailable: "red",
  ready: "teal",
  ok: "teal",
  current: "teal",
  leased: "teal",
};

/** How a thing stands, in a word and a coloured dot; the word alone says it too. */
export function Status({ of }: { readonly of: string }) {
  return (
    <Badge variant="dot" color={COLORS[of] ?? "gray"} tt="none" fw={500} size="md">
      {of}
    </Badge>
  );
}
