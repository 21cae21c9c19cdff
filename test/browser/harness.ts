import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  // Without pages, / is the start page.
  site = await openSite({ pages: [] })
})
afterAll(() => site.close())

test('browser: the start page has no flaw', async () => {
  await site.checkFour('/', undefined, { as: 'no one' })
})

/** Puts HTML in place of what the page contains. */
const replaceBody = (page: Page, html: string) =>
  page.evaluate((text) => {
    document.body.innerHTML = text
  }, html)

const tiny = '<button style="width: 8px; height: 8px; padding: 0" aria-label="x"></button>'
const good = '<main><h1>A page</h1></main>'

test.each([
  ['an image without a text', `${good}<img src="data:,">`, 'image-alt'],
  ['no heading', '<main><p>Text</p></main>', 'The page has 0 visible h1, not one.'],
  ['a wide element', `${good}<pre>${'wide '.repeat(100)}</pre>`, 'px wide'],
  ['tiny targets', `<main><h1>A page</h1>${tiny}${tiny}</main>`, 'target-size'],
  ['a broken key', `<main><h1>A</h1><p><b>TO-${'AAAA-'.repeat(20)}AAAA</b></p></main>`, ' lines.'],
  ['an inline handler', `${good}<input onfocus="x()" autofocus aria-label="x">`, 'Security Policy'],
  ['a foreign image', `${good}<img alt="" src="https://example.com/i.png">`, 'Security Policy'],
])('browser: the checks report %s', async (_what, html, flaw) => {
  await using visited = await site.open('/', { as: 'no one', size: 'narrow' })
  await replaceBody(visited.page, html)
  await expect(visited.check('changed', { isBusy: true })).rejects.toThrow(flaw)
})

test('browser: the checks report a failed request, an error and a message of the console', async () => {
  await using visited = await site.open('/', { as: 'no one' })
  const bothSeen = Promise.all([
    visited.page.waitForEvent('pageerror'),
    visited.page.waitForEvent('console'),
  ])
  await visited.page.evaluate(() => {
    queueMicrotask(() => {
      throw new Error('a bug')
    })
    console.warn('a warning')
  })
  await bothSeen
  await visited.page.goto(`${site.url}/nowhere`)
  await replaceBody(visited.page, good)
  for (const flaw of ['a bug', 'a warning', '/nowhere returned 404'])
    await expect(visited.check('changed')).rejects.toThrow(flaw)
})

test('browser: the checks report what differs in dark', async () => {
  await using visited = await site.open('/', { as: 'no one' })
  await replaceBody(visited.page, good)
  await visited.page.evaluate(() => {
    const dark = new CSSStyleSheet()
    dark.replaceSync('@media (prefers-color-scheme: dark) { h1 { color: #222; background: #111 } }')
    document.adoptedStyleSheets = [dark]
  })
  await expect(visited.check('changed')).rejects.toThrow('In dark, color-contrast')
})
