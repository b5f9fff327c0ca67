import { Box, Image, Text } from "@mantine/core";
import { useBranding } from "./branding.tsx";
import { Mark } from "./mark.tsx";

const SIZE = 26;

/** Whose dashboard it is: to customers their API's. A `narrow` place shows no name on a phone. */
export function Brand({ narrow = false }: { readonly narrow?: boolean }) {
  const branding = useBranding();
  if (branding === undefined) return null;
  const { name, logoUrl, colour, isOwn } = branding;
  return (
    <>
      {colour !== null && <Box className="brand-line" bg={colour} />}
      {isOwn && <Mark size={SIZE} />}
      {logoUrl !== null && <Image src={logoUrl} alt="" h={SIZE} w="auto" maw={140} fit="contain" />}
      <Text fw={650} truncate maw={220} {...(narrow && { visibleFrom: "xs" })}>
        {name}
      </Text>
    </>
  );
}
