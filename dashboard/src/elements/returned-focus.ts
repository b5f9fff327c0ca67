import { useEffect } from "react";

/**
 * Gives the focus back to what had it when a dialog opened, also when the dialog is not closed but
 * taken away: who uses the keyboard goes on where they were.
 */
export function useReturnedFocus(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return;
    const before = document.activeElement;
    return () => {
      // After the dialog has let go of it.
      requestAnimationFrame(() => {
        if (before instanceof HTMLElement && before.isConnected) before.focus();
      });
    };
  }, [isOpen]);
}
