/** The product's mark; the name beside it says what it is. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1d4ed8" />
      <path d="M16 7a5 5 0 0 0-2 9.6V25h4v-3h3v-4h-3v-1.4A5 5 0 0 0 16 7Z" fill="#fff" />
    </svg>
  );
}
