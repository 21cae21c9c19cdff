import type { Page } from 'playwright-core'

/** An element that has got the focus with the Tab key. */
export interface Stop {
  readonly html: string
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly isInMain: boolean
  readonly isSeen: boolean
  /** Whether something around it shows that it has the focus. */
  readonly isMarked: boolean
}

/** More elements than a page may have that get the focus. */
const STOPS_MAX = 400

/** Presses Tab until the focus has left the page. Returns the elements that had it, in this order. */
export async function walk(page: Page): Promise<readonly Stop[]> {
  const stops: Stop[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(describeFocus)
    if (stop === null) return stops
    // A field for a date has several parts.
    if (stop !== 'same') stops.push(stop)
    if (stops.length > STOPS_MAX) throw new Error('The focus never leaves the page.')
  }
}

/** Returns the elements that a keyboard has to reach, but that Tab has never reached. */
export const findUnreached = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const all = document.querySelectorAll(
      ':is(a[href], button, input, select, textarea, summary, [tabindex="0"]):not(:disabled)',
    )
    const isOneOfMany = (each: Element) => each.matches('[type="radio"], [role="option"]')
    return [...all]
      .filter((each) => each.checkVisibility() && each.getAttribute('tabindex') !== '-1')
      .filter((each) => !isOneOfMany(each) && !each.hasAttribute('data-reached'))
      .map((each) => each.outerHTML.slice(0, 200))
  })

/** Runs in the page, and marks the element as reached. Returns null if nothing has the focus. */
function describeFocus(): Stop | 'same' | null {
  const element = document.activeElement
  const last = document.querySelector('[data-reached="last"]')
  if (element === null || element === document.body) return null
  if (element === last) return 'same'
  if (element.hasAttribute('data-reached')) return null
  last?.setAttribute('data-reached', '')
  element.setAttribute('data-reached', 'last')
  const { top, bottom, left, width } = element.getBoundingClientRect()
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
  const hasOutline = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
  return {
    html: element.outerHTML.slice(0, 200),
    top: top + scrollY,
    bottom: bottom + scrollY,
    left,
    isInMain: element.closest('main') !== null,
    isSeen: width > 0 && bottom > 0 && top < innerHeight,
    isMarked: hasOutline || boxShadow !== 'none',
  }
}

/** Returns stops that are above the one before, although they are not beside it. */
export function findJumps(stops: readonly Stop[]): string[] {
  return stops.flatMap((stop, index) => {
    const before = stops[index - 1]
    if (before === undefined || !before.isInMain || !stop.isInMain) return []
    const isAbove = stop.bottom <= before.top && stop.left <= before.left
    return isAbove ? [`${before.html} -> ${stop.html}`] : []
  })
}
