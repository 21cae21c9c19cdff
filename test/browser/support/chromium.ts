import { type Browser, type BrowserContext, chromium } from 'playwright-core'

export const sizes = {
  wide: { width: 1280, height: 900 },
  narrow: { width: 360, height: 740 },
} as const

/** The window of a page. */
export interface Look {
  /** The size of the window: that of a desktop by default, or that of a phone. */
  readonly size?: keyof typeof sizes
  readonly colorScheme?: 'light' | 'dark'
  /** The language of the browser: US English by default. */
  readonly locale?: string
}

/** How long one step may take on a busy machine. */
const STEP_TIMEOUT_MS = 45_000

export function launchChromium(): Promise<Browser> {
  const executablePath = Bun.which('chromium')
  if (executablePath === null) {
    throw new Error('There is no chromium. scripts/test-browser installs it.')
  }
  return chromium.launch({ executablePath })
}

/** Opens a browser of its own, without the cookies of others. */
export async function openContext(
  browser: Browser,
  { size = 'wide', colorScheme = 'light', locale = 'en-US' }: Look,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme,
    // An element that fades in has no definite contrast.
    reducedMotion: 'reduce',
    locale,
    timezoneId: 'Europe/Berlin',
  })
  context.setDefaultTimeout(STEP_TIMEOUT_MS)
  return context
}
