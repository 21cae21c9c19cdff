import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { formatEmailMember } from '~/domain/customers.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { DAY_MS } from '~/domain/times.ts'
import { presentActivation } from '~/wire/activations.ts'
import { CustomerBody, CustomerExport, Erasure, presentErasure } from '~/wire/customers.ts'
import { presentEvent } from '~/wire/events.ts'
import { presentLicense } from '~/wire/licenses.ts'
import { problems } from '~/wire/problems.ts'
import { presentSeat } from '~/wire/seats.ts'
import { presentExportedEntry } from '~/wire/usage.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { streamTexts } from './streams.ts'

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
        const mention = formatEmailMember(customerEmail)
        const mentionsCustomer = (sealed: string) =>
          vault.open('kept-answer', sealed).includes(mention)
        const answering = { status: 200, noun: 'customer', view: presentErasure } as const
        return command.answer(answering, (context) =>
          store.customers.erase({ customerEmail, mentionsCustomer }, context),
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
  const licenses = () => everyPage((page) => store.licenses.list({ customerEmail }, page))
  const ofEach = <Item>(list: (licenseId: string, page: PageRequest) => Promise<Page<Item>>) =>
    eachOf(licenses(), ({ license }) => everyPage((page) => list(license.id, page)))

  yield `{"customer_email":${JSON.stringify(customerEmail)},"licenses":`
  const toView = (record: LicenseRecord) => presentLicense(record, record.license.keyMasked, nowMs)
  yield* jsonArray(licenses(), toView)
  yield ',"activations":'
  yield* jsonArray(ofEach(store.activations.list), presentActivation)
  yield ',"seats":'
  yield* jsonArray(
    // Those whose lease has lapsed are kept for a while as well.
    ofEach((id, page) => store.seats.list(id, 0, page)),
    presentSeat,
  )
  yield ',"events":'
  yield JSON.stringify((await store.customers.listEvents(customerEmail)).map(presentEvent))
  yield ',"usage":'
  yield* jsonArray(
    ofEach((id, page) => store.usage.list(id, allTime, page)),
    presentExportedEntry,
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
