import { Elysia } from 'elysia'
import { CustomerBody, CustomerExport, Erasure } from '~/contract/customers.ts'
import { problems } from '~/contract/problems.ts'
import type { Deps } from '~/deps.ts'
import { mentionOf } from '~/domain/customers.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { LicenseRecord, Page, PageRequest } from '~/store/port.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { streamTexts } from '../streams.ts'
import {
  toActivationView,
  toErasureView,
  toEventView,
  toExportedEntryView,
  toLicenseView,
  toSeatView,
} from '../views.ts'

const tags = ['Customers']
const PAGE_ROWS = 500

type CustomerDeps = Pick<Deps, 'store' | 'vault' | 'log'>

/** What the law lets a customer ask of a vendor. */
export const customerRoutes = (deps: CustomerDeps, commands: CommandsPlugin) => {
  const { store, vault, log } = deps

  return new Elysia({ prefix: '/customers' })
    .use(commands)
    .post(
      '/erase',
      ({ body, command }) => {
        const customerEmail = body.customer_email.toLowerCase()
        const mention = mentionOf(customerEmail)
        const isNamedIn = (sealed: string) => vault.open('kept-answer', sealed).includes(mention)
        const answering = { status: 200, noun: 'customer', view: toErasureView } as const
        return command.answer(answering, (context) =>
          store.eraseCustomer({ customerEmail, isNamedIn }, context),
        )
      },
      {
        scope: 'customers:erase',
        body: CustomerBody,
        response: { 200: Erasure, ...problems(400, 401, 403, 409, 413, 415, 422) },
        detail: {
          tags,
          operationId: 'eraseCustomer',
          summary: 'Erase a customer',
          description:
            'Blanks e-mail, name, reasons and names of devices in licenses and events, addresses and fingerprints in the usage history, and drops answers kept for a repeat. The licenses go on. Nothing is left to erase the second time, which is answered all the same.',
        },
      },
    )
    .post(
      '/export',
      ({ body, command }) => {
        const texts = exportTexts(deps, body.customer_email.toLowerCase(), command.nowMs)
        const headers = { 'content-type': 'application/json' }
        return new Response(streamTexts(texts, log), { headers })
      },
      {
        scope: 'customers:erase',
        body: CustomerBody,
        response: { 200: CustomerExport, ...problems(400, 401, 403, 413, 415, 422) },
        detail: {
          tags,
          operationId: 'exportCustomer',
          summary: 'Export all that is kept of a customer',
          description: 'Changes nothing, so an Idempotency-Key is not heeded and no copy is kept.',
        },
      },
    )
}

async function* exportTexts(
  { store }: CustomerDeps,
  customerEmail: string,
  nowMs: number,
): AsyncGenerator<string> {
  const allTime = { fromMs: 0, toMs: nowMs + DAY_MS }
  const licenses = () => everyPage((page) => store.listLicenses({ customerEmail }, page))
  const ofEach = <Item>(list: (licenseId: string, page: PageRequest) => Promise<Page<Item>>) =>
    eachOf(licenses(), ({ license }) => everyPage((page) => list(license.id, page)))

  yield `{"customer_email":${JSON.stringify(customerEmail)},"licenses":`
  const toView = (record: LicenseRecord) => toLicenseView(record, record.license.keyMasked, nowMs)
  yield* jsonArray(licenses(), toView)
  yield ',"activations":'
  yield* jsonArray(ofEach(store.listActivations), toActivationView)
  yield ',"seats":'
  yield* jsonArray(
    // Those whose lease has lapsed are kept for a while as well.
    ofEach((id, page) => store.listSeats(id, 0, page)),
    toSeatView,
  )
  yield ',"events":'
  yield JSON.stringify((await store.listCustomerEvents(customerEmail)).map(toEventView))
  yield ',"usage":'
  yield* jsonArray(
    ofEach((id, page) => store.listUsage(id, allTime, page)),
    toExportedEntryView,
  )
  yield '}'
}

/** Pages, one read when the one before is used up. */
async function* everyPage<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
): AsyncGenerator<readonly Item[]> {
  let after: string | null = null
  do {
    const page: Page<Item> = await list({ limit: PAGE_ROWS, after })
    yield page.data
    after = page.nextAfter
  } while (after !== null)
}

async function* eachOf<Item, Inner>(
  pages: AsyncGenerator<readonly Item[]>,
  expand: (item: Item) => AsyncGenerator<readonly Inner[]>,
): AsyncGenerator<readonly Inner[]> {
  for await (const page of pages) for (const item of page) yield* expand(item)
}

async function* jsonArray<Item>(
  pages: AsyncGenerator<readonly Item[]>,
  toView: (item: Item) => unknown,
): AsyncGenerator<string> {
  let begin = '['
  for await (const page of pages) {
    if (page.length === 0) continue
    yield begin + page.map((item) => JSON.stringify(toView(item))).join(',')
    begin = ','
  }
  yield begin === '[' ? '[]' : ']'
}
