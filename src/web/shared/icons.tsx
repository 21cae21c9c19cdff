const paths = {
  overview: 'M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-3H4z',
  licenses: 'M15 7a4 4 0 1 0-3.9 5L13 14h2v2h2v2h3v-3l-5.1-5.1A4 4 0 0 0 15 7zM9 8h.01',
  plans: 'M4 7l8-4 8 4-8 4zM4 12l8 4 8-4M4 17l8 4 8-4',
  customers: 'M16 20v-1a4 4 0 0 0-8 0v1M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  usage: 'M4 20V10M10 20V4M16 20v-8M21 20H3',
  webhooks: 'M5 12h4l3-8 4 16 3-8h2',
  checkout: 'M3 5h2l2.4 10h10L20 8H6M9 20h.01M17 20h.01',
  mails: 'M3 6h18v12H3zM3 7l9 7 9-7',
  keys: 'M14 10a4 4 0 1 0-1 4l2 2h2v-2h2v-2h-3zM8 11h.01',
  edges:
    'M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 16a5.5 5.5 0 0 1 0-8M16 8a5.5 5.5 0 0 1 0 8M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14',
  operators:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19a6 6 0 0 1 12 0M16 5a3 3 0 0 1 0 6M18 14a6 6 0 0 1 3 5',
  audit: 'M8 4h8l4 4v12H4V4zM8 12h8M8 16h5',
  settings:
    'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2',
  health: 'M4 12h4l2-5 4 10 2-5h4',
  events: 'M4 6h.01M4 12h.01M4 18h.01M8 6h12M8 12h12M8 18h8',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  check: 'M5 13l4 4L19 7',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  plus: 'M12 5v14M5 12h14',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  next: 'M9 6l6 6-6 6',
  back: 'M15 6l-6 6 6 6',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  device: 'M4 5h16v11H4zM9 20h6M12 16v4',
  domain: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  out: 'M10 5H5v14h5M14 8l4 4-4 4M18 12H9',
} as const

export type IconName = keyof typeof paths

/** A drawing beside a text that says the same, so screen readers skip it. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  )
}
