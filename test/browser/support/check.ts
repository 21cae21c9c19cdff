import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { findLayoutFlaws, findNamingFlaws } from './in-page.ts'
import type { Watch } from './watch.ts'

declare global {
  interface Window {
    readonly axe?: typeof axe
  }
}

/** The smallest width of a window: that of 1280 px, enlarged to 400 %. */
const ENLARGED_WIDTH = 320

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Dark differs in colors only. */
const colorRules = ['color-contrast', 'link-in-text-block']

/**
 * Checks the state in which a page is, in light and in dark: accessibility, its name, the layout, and
 * what it has requested and logged so far. Throws an error that lists all flaws.
 */
export async function checkState(page: Page, watch: Watch, state: string): Promise<void> {
  const flaws = [...watch.problems, ...(await page.evaluate(findNamingFlaws))]
  await page.emulateMedia({ colorScheme: 'light' })
  flaws.push(...(await findAccessibilityFlaws(page, { runOnly: standards })))
  await page.emulateMedia({ colorScheme: 'dark' })
  const inDark = await findAccessibilityFlaws(page, { runOnly: colorRules })
  flaws.push(...inDark.map((flaw) => `In dark, ${flaw}`))
  flaws.push(...(await findLayoutFlawsAtAllWidths(page)))
  if (flaws.length === 0) return
  const { pathname, search } = new URL(page.url())
  const width = page.viewportSize()?.width
  throw new Error([`${pathname}${search} at ${width} px, ${state}:`, ...flaws].join('\n- '))
}

async function findAccessibilityFlaws(page: Page, options: RunOptions): Promise<string[]> {
  // The policy of the page forbids script elements, but not what the debugger evaluates.
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(axe.source)
  const results = await page.evaluate(runAxe, options)
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target} ${failureSummary}`),
  )
}

async function runAxe(options: RunOptions): Promise<AxeResults> {
  if (window.axe === undefined) throw new Error('axe is not in the page.')
  return window.axe.run(document, { ...options, resultTypes: ['violations'] })
}

async function findLayoutFlawsAtAllWidths(page: Page): Promise<string[]> {
  const flaws = await page.evaluate(findLayoutFlaws)
  const size = page.viewportSize()
  if (size === null || size.width > 600) return flaws
  await page.setViewportSize({ ...size, width: ENLARGED_WIDTH })
  const enlarged = await page.evaluate(findLayoutFlaws)
  await page.setViewportSize(size)
  return [...flaws, ...enlarged.map((flaw) => `At ${ENLARGED_WIDTH} px: ${flaw}`)]
}
