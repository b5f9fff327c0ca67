import { useEffect } from "react";

let openDialogs = 0;
/** What had the focus when the first of those that are open opened. */
let before: Element | null = null;

/**
 * Gives the focus back to what had it when a dialog opened, also when the dialog is not closed but
 * taken away: who uses the keyboard goes on where they were. A dialog that follows another one keeps
 * the focus until it is closed, too.
 */
export function useReturnedFocus(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return;
    before ??= document.activeElement;
    openDialogs += 1;
    return () => {
      openDialogs -= 1;
      // After the dialog has let go of it.
      requestAnimationFrame(() => {
        if (openDialogs > 0) return;
        if (before instanceof HTMLElement && before.isConnected) before.focus();
        // What ended with the deed cannot have it; without any, the keyboard begins at the top.
        else if (document.activeElement === document.body) {
          document.getElementById("content")?.focus();
        }
        before = null;
      });
    };
  }, [isOpen]);
}
