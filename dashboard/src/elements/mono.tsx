import { ActionIcon, Group, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "../icons.ts";

/** An id or the like that people copy. */
export function Id({ children }: { readonly children: string }) {
  const { copy, copied, error } = useClipboard();
  const done = copied ? "Copied" : "Copy";
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex" maw="100%">
      <span className="mono id">{children}</span>
      <Tooltip label={error === null ? done : "Not copied: your browser does not allow it"}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          onClick={() => copy(children)}
          aria-label={`Copy ${children}`}
        >
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
