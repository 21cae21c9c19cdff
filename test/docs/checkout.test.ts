import { expect, test } from 'bun:test'
import { blockOf, readPage } from '../support/pages.ts'

const html = blockOf(readPage('docs/checkout.md'), 'html')
const script = /<script type="module">\n([\s\S]*)<\/script>/.exec(html)?.[1] ?? ''

type Answer = Response | Error

/** Runs the script of the page against these answers. Returns the texts that it shows, and its waits. */
async function open(answers: readonly Answer[]) {
  const waits: number[] = []
  const element = { textContent: '' }
  const urls: string[] = []
  const { promise: isDone, resolve: finish } = Promise.withResolvers<void>()
  const left = [...answers]
  const ask = async (url: string) => {
    urls.push(url)
    const answer = left.shift()
    if (left.length === 0) setTimeout(finish)
    if (answer instanceof Error) throw answer
    return answer
  }
  const wait = (next: () => void, ms: number) => {
    waits.push(ms)
    if (left.length > 0) next()
  }
  const run = new Function('document', 'location', 'fetch', 'setTimeout', script)
  run({ getElementById: () => element }, { search: '?id=cs_1' }, ask, wait)
  await isDone
  return { text: element.textContent, waits, urls }
}

const keys = (licenses: readonly object[]) => Response.json({ state: 'ready', licenses })
const pending = (more: object = {}) =>
  Response.json({ state: 'pending', retry_after: 2, ...more }, { status: 202 })

test('checkout docs: the thank-you page shows every key, with its product, in a line of its own', async () => {
  const license = { product: 'editor', key: 'ED-1' }
  const { text, waits, urls } = await open([keys([license, { ...license, key: 'ED-2' }])])
  expect(text).toBe('editor: ED-1\neditor: ED-2')
  expect(waits).toEqual([])
  expect(urls).toEqual(['https://licenses.example.com/api/v1/checkout/sessions/stripe/cs_1'])
  expect(html).toContain('white-space: pre-line')
})

test('checkout docs: the thank-you page asks again while the key is pending, and after a failure', async () => {
  const license = { product: 'editor', key: 'ED-1' }
  const limited = new Response('', { status: 429 })
  const down = new Response('<html>', { status: 502 })
  const answers = [pending(), new Error('no network'), down, limited, pending(), keys([license])]
  const { text, waits } = await open(answers)
  expect(text).toBe('editor: ED-1')
  expect(waits).toEqual([2000, 10_000, 10_000, 10_000, 2000])
})

test('checkout docs: the thank-you page shows the hint of a purchase that needs the vendor', async () => {
  const { text, waits } = await open([pending({ hint: 'Contact us.', retry_after: 60 })])
  expect({ text, waits }).toEqual({ text: 'Contact us.', waits: [60_000] })
})

test('checkout docs: the thank-you page names the email if there is no key to show', async () => {
  const gone = Response.json({ status: 410, code: 'gone' }, { status: 410 })
  for (const answer of [gone, keys([])]) {
    expect((await open([answer])).text).toBe(
      'Your license key is in the email that we have sent you.',
    )
  }
})
