import { assert } from '~/assert.ts'
import { serveTestApp } from '../../support/browser.ts'
import { sendEvent } from '../../support/checkout.ts'
import { createWebhook } from '../../support/jobs.ts'
import { readMailSettings } from '../../support/mail-server.ts'
import { adminPages } from './pages.ts'
import { browse, type Site } from './site.ts'

/** Would set `window.hacked` if it became a part of the page. */
export const MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
const LONG = 'W'.repeat(199)
const FORMULA = '=cmd|"/c calc"!A1'
const TURNED = 'name \u202egnp.exe'
const EMOJI = '👩‍👩‍👧‍👦🏳️‍🌈 Zoë Ⅻ مرحبا'

/** A server with texts that a stranger may have chosen, in every place that has a text. */
export interface Scene {
  /** The license keys in full, which no page may show. */
  readonly keys: readonly string[]
  /** The addresses of all pages, with the license and the plan of the scene. */
  readonly paths: readonly string[]
}

/** Opens a server with hostile texts, whose mails never arrive. */
export async function openHostileSite(): Promise<readonly [Site, Scene]> {
  const { config, smtp } = readMailSettings('smtp://127.0.0.1:9')
  const site = await browse(await serveTestApp(config, smtp))
  return [site, await fillWithHostileTexts(site)]
}

async function fillWithHostileTexts(site: Site): Promise<Scene> {
  const send = async (method: string, path: string, body?: object) => {
    const answer = await site.send(method, `/api/v1${path}`, body)
    assert(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  await send('POST', '/products', { slug: 'hostile', name: MARKUP, key_prefix: 'BAD' })
  const features = { [LONG.slice(0, 60)]: MARKUP, formula: FORMULA }
  const plan = { slug: 'hostile', product: 'hostile', name: LONG, features, max_domains: 3 }
  await send('POST', '/plans', plan)
  await send('POST', '/keys', { name: MARKUP, scopes: ['licenses:read'] })
  await send('POST', '/edges', { name: MARKUP })
  await send('POST', '/operators', { name: MARKUP, scopes: ['licenses:read'] })
  await createWebhook(site, { url: `http://127.0.0.1:9/${LONG}` }, { description: MARKUP })
  const customers = [MARKUP, LONG, EMOJI, FORMULA]
  const licenses = []
  for (const [index, customer_name] of customers.entries()) {
    licenses.push(
      await send('POST', '/licenses', {
        plan: 'hostile',
        customer_name,
        customer_email: `${'w'.repeat(60)}${index}@${'long-name.'.repeat(10)}example.com`,
        external_ref: index === 0 ? MARKUP : LONG,
        metadata: { note: MARKUP, [LONG.slice(0, 60)]: LONG, formula: FORMULA },
      }),
    )
  }
  const [{ id, key }] = licenses
  await site.validate({ key, domain: `${'sub.'.repeat(20)}example.com`, version: MARKUP })
  await site.validate({ key, fingerprint: LONG, device_name: MARKUP })
  await site.validate({ key, fingerprint: 'turned', device_name: TURNED })
  await send('POST', `/licenses/${licenses[1].id}/suspend`, { reason: MARKUP })
  await sendOrder(site)
  await send('POST', '/checkout/rules', { provider: 'standard', price: LONG, plan: 'hostile' })
  await send('POST', `/licenses/${id}/mail`)
  const findFirst = async (path: string) => (await send('GET', `${path}?limit=1`)).data[0].id
  const names: Readonly<Record<string, string>> = {
    '/admin/licenses/:id': id,
    '/admin/plans/:slug': 'hostile',
    '/admin/plans/new/:product': 'hostile',
    '/admin/checkout/events/:id': await findFirst('/checkout/events'),
    '/admin/checkout/rules/:id': await findFirst('/checkout/rules'),
    '/admin/mails/:id': await findFirst('/mails'),
    '/admin/webhooks/:id': await findFirst('/webhooks'),
    '/admin/webhooks/deliveries/:id': await findFirst('/deliveries'),
    '/admin/events/:id': await findFirst('/events'),
  }
  return {
    keys: licenses.map((license) => license.key),
    paths: adminPages.map((path) => path.replace(/:\w+/, () => names[path] ?? 'unknown')),
  }
}

/** A purchase with a price that no rule knows. */
async function sendOrder(site: Site): Promise<void> {
  const { status, text } = await sendEvent(site, {
    type: 'paid',
    occurred_at: new Date(site.clock.nowMs()).toISOString(),
    order_id: MARKUP,
    customer: { email: 'stranger@example.com', name: MARKUP },
    items: [{ price: MARKUP }],
  })
  assert(status === 200, text)
}
