/** The sign of Licet: a key whose bow is a check mark. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" fill="none">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M8.5 16.5l5 5L23.5 10.5"
        stroke="var(--on-accent)"
        stroke-width="3.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
