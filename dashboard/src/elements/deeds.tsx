import { ActionIcon, Menu } from "@mantine/core";
import { type ReactNode, useRef } from "react";
import { IconDots } from "../icons.ts";

/** What can be done with one row, behind a button at its end. */
export function Deeds({ of, children }: { readonly of: string; readonly children: ReactNode }) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={`Deeds for ${of}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      {/* A dialog that a deed opens gives the focus back to what had it, and the menu is gone then. */}
      <Menu.Dropdown onClickCapture={() => button.current?.focus()}>{children}</Menu.Dropdown>
    </Menu>
  );
}
