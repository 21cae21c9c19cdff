import { openRawEvent, parseShownBody } from '~/checkout/raw-events.ts'
import type { Deps } from '~/deps.ts'
import { describeChange } from '~/domain/audit-values.ts'
import { formatEmailMembers, mentionsEmail } from '~/domain/customers.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { TIME_MAX_MS } from '~/domain/times.ts'
import type { UsageEntry } from '~/domain/usage.ts'
import { createPace, nextTurn } from '~/turns.ts'
import { presentActivation } from '~/wire/activations.ts'
import { CustomerBody, CustomerExport, Erasure, presentErasure } from '~/wire/customers.ts'
import { presentEvent } from '~/wire/events.ts'
import { parseEmail } from '~/wire/fields.ts'
import { presentMaskedLicense } from '~/wire/licenses.ts'
import { presentMail } from '~/wire/mails.ts'
import { presentExportedSession } from '~/wire/portal-sessions.ts'
import { presentSeat } from '~/wire/seats.ts'
import { presentExportedEntry } from '~/wire/usage.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { presentWithBody } from './checkout-events.ts'
import { streamTexts } from './streams.ts'

/** Small, because a page is read and presented in one turn of the event loop. */
const PAGE_ROWS = 50
/** Includes what a wrong clock has dated in the future. */
const allTime = { fromMs: 0, toMs: TIME_MAX_MS }

type CustomerDeps = Pick<Deps, 'store' | 'usage' | 'vault' | 'log'>

/** The rights of a customer under privacy law: to get the stored data, and to have it erased. */
export const customerRoutes = (deps: CustomerDeps, routes: ScopedRoutes) =>
  routes('/customers', 'Customers')
    .post(
      '/erase',
      ({ body, command }) => {
        const customerEmail = parseEmail(body.customer_email)
        const members = formatEmailMembers(customerEmail)
        const mentionsCustomer = (sealed: string) => {
          const response = deps.vault.open('kept-answer', sealed)
          return members.some((member) => response.includes(member))
        }
        return command.run({ noun: 'customer', present: presentErasure }, async (context) => {
          // Usage first: after an interruption, the licenses still lead to the rest of it.
          const validations = await eraseUsage(deps, customerEmail, context.nowMs)
          const isNamedInEvent = createBodySearch(deps, customerEmail)
          const customer = { customerEmail, mentionsCustomer, isNamedInEvent, validations }
          return deps.store.customers.erase(customer, context)
        })
      },
      {
        scope: 'customers:erase',
        operationId: 'eraseCustomer',
        body: CustomerBody,
        ...answers(Erasure, 409),
        summary: 'Erase a customer',
        description:
          'Redacts the email address, name, reasons and device names in licenses and events, and ' +
          'the IP addresses and fingerprints in the usage history. Deletes stored responses. ' +
          'The licenses stay valid. Erasing a customer again returns 200 and changes nothing.',
      },
    )
    .post(
      '/export',
      async ({ body, command }) => {
        const customerEmail = parseEmail(body.customer_email)
        const texts = exportTexts(deps, customerEmail, command.nowMs)
        const stream = await streamTexts(texts, deps.log)
        const change = await describeExport(deps, customerEmail)
        await command.recordBefore({ action: 'customer.export', subjectId: 'customer', change })
        return new Response(stream, { headers: { 'content-type': 'application/json' } })
      },
      {
        scope: 'customers:erase',
        idempotent: false,
        operationId: 'exportCustomer',
        body: CustomerBody,
        ...answers(CustomerExport),
        summary: 'Export everything that is stored about a customer',
        description:
          'Only the audit records it, so `Idempotency-Key` is ignored and no copy of the response is stored.',
      },
    )

/** Without a license, the customer may be an erased one, whose email address must not come back. */
async function describeExport({ store }: CustomerDeps, customerEmail: string) {
  const page = { limit: PAGE_ROWS, after: null }
  const { data } = await store.licenses.list({ customerEmail }, page)
  const licenseIds = data.map(({ license }) => license.id)
  const isNamed = licenseIds.length > 0
  return describeChange('export', null, {
    licenseIds,
    customerEmail: isNamed ? customerEmail : null,
  })
}

async function eraseUsage(
  { store, usage }: CustomerDeps,
  customerEmail: string,
  nowMs: number,
): Promise<number> {
  const ids: string[] = []
  for await (const page of eachPage((request) => store.licenses.list({ customerEmail }, request))) {
    ids.push(...page.map(({ license }) => license.id))
  }
  return usage.erase(ids, nowMs)
}

/** Returns a function that opens the body of an event of a shop and searches it for the customer. */
function createBodySearch({ vault }: CustomerDeps, customerEmail: string) {
  return (bodySealed: string) => {
    const { body } = openRawEvent(vault, bodySealed)
    // Parsed, because a shop may escape any character.
    return mentionsEmail(JSON.stringify(parseShownBody(body) ?? body), customerEmail)
  }
}

async function* exportTexts(
  deps: CustomerDeps,
  customerEmail: string,
  nowMs: number,
): AsyncGenerator<string> {
  const { store, usage } = deps
  const licenses = () => eachPage((page) => store.licenses.list({ customerEmail }, page))
  async function* inEachLicense<Item>(
    list: (id: string, page: PageRequest) => Promise<Page<Item>>,
  ) {
    const pace = createPace()
    for await (const records of licenses()) {
      for (const { license } of records) {
        yield* eachPage(
          (page) => list(license.id, page),
          () => pace(1),
        )
      }
    }
  }

  // The usage comes last, but if it cannot be read, the response must not even begin.
  await usage.list('none', allTime, { limit: 1, after: null })
  yield `{"customer_email":${JSON.stringify(customerEmail)},"licenses":`
  yield* jsonArray(licenses(), (record) => presentMaskedLicense(record, nowMs))
  yield ',"activations":'
  yield* jsonArray(inEachLicense(store.activations.list), presentActivation)
  yield ',"seats":'
  // From time 0, because seats with an expired lease are stored for a while as well.
  const seats = inEachLicense((id, page) => store.seats.list(id, 0, page))
  yield* jsonArray(seats, presentSeat)
  yield ',"events":'
  const events = eachPage((page) => store.customers.listEvents(customerEmail, page))
  yield* jsonArray(events, presentEvent)
  yield ',"mails":'
  const mails = eachPage((page) => store.mails.list({ recipient: customerEmail }, page))
  yield* jsonArray(mails, presentMail)
  yield ',"checkout_events":'
  const isNamed = createBodySearch(deps, customerEmail)
  const shopEvents = eachPage((page) =>
    store.customers.listCheckoutEvents(customerEmail, isNamed, page),
  )
  yield* jsonArray(shopEvents, (event) => presentWithBody(deps.vault, event))
  yield ',"portal_sessions":'
  const visits = eachPage((page) => store.portalSessions.list(customerEmail, page))
  yield* jsonArray(visits, presentExportedSession)
  yield ',"usage":'
  yield* jsonArray(listEntries(usage, licenses()), presentExportedEntry)
  yield '}'
}

async function* listEntries(
  usage: CustomerDeps['usage'],
  licenses: AsyncGenerator<readonly LicenseRecord[]>,
): AsyncGenerator<readonly UsageEntry[]> {
  for await (const records of licenses) {
    const ids = records.map(({ license }) => license.id)
    yield* eachPage((page) => usage.listMany(ids, allTime, page))
  }
}

/** Yields page after page, by default each in its own turn of the event loop. */
async function* eachPage<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  pause: () => Promise<void> | undefined = nextTurn,
): AsyncGenerator<readonly Item[]> {
  let after: string | null = null
  do {
    await pause()
    const page: Page<Item> = await list({ limit: PAGE_ROWS, after })
    yield page.data
    after = page.nextAfter
  } while (after !== null)
}

async function* jsonArray<Item>(
  pages: AsyncGenerator<readonly Item[]>,
  toView: (item: Item) => unknown,
): AsyncGenerator<string> {
  let begin = '['
  for await (const page of pages) {
    // White space, because a connection without any bytes is closed after a minute.
    yield page.length === 0
      ? ' '
      : begin + page.map((item) => JSON.stringify(toView(item))).join(',')
    if (page.length > 0) begin = ','
  }
  yield begin === '[' ? '[]' : ']'
}
