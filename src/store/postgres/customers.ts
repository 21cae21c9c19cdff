import { decideErasure, formatEmailMembers, redactEventData } from '~/domain/customers.ts'
import type { EventRecord } from '~/domain/events.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { formatArray } from '~/platform/postgres.ts'
import { createPace } from '~/turns.ts'
import type { CommandContext, Customers } from '../port.ts'
import { writeAudit } from './audit.ts'
import { createAuditStep, eraseAuditOf } from './audit-erasure.ts'
import { createBodyStep, erasePurchases, readCustomerEvents } from './checkout-erasure.ts'
import { lockAllPurchases } from './checkout-purchases.ts'
import { recordAction, runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { parsePlace, toEvent } from './events.ts'
import { selectIds } from './license-lists.ts'
import { lockRecords, requireRecord } from './licenses.ts'
import { eraseMails } from './mails.ts'
import { erasePortal } from './portal-sessions.ts'
import { selectRows } from './rows.ts'
import { events } from './schema.ts'
import { createSweep, findLast, type Step, selectNext } from './sweeps.ts'

/** Events per step of a sweep. */
const STEP_EVENTS = 500
/** Stored responses per step. One can have a megabyte, and each has to be decrypted. */
const STEP_RESPONSES = 5
const LICENSES_MAX = 1_000_000

export function createCustomers(engine: Engine): Customers {
  return {
    erase: async (customer, context) => {
      const { customerEmail, mentionsCustomer, isNamedInEvent, validations } = customer
      const events = createSweep(engine, createEventStep(customerEmail))
      const responses = createSweep(engine, createResponseStep(mentionsCustomer))
      const bodies = createSweep(engine, createBodyStep(isNamedInEvent))
      const audit = createSweep(engine, createAuditStep(customerEmail))
      // After an interruption, the licenses still show that the customer has to be erased.
      for (const sweep of [events, responses, bodies, audit]) await sweep.sweepSettled()
      return runCommand(engine, context, async (tx) => {
        // Commands that are under way end first, and what they have written is found.
        await lockAllPurchases(tx)
        const records = await lockLicenses(tx, customerEmail)
        const licenseIds = records.map(({ license }) => license.id)
        const erased = await erasePurchases(tx, customerEmail, context.nowMs)
        const counts = {
          events: await events.sweepRest(tx),
          storedResponses: await responses.sweepRest(tx),
          checkoutEvents: erased + (await bodies.sweepRest(tx)),
        }
        const mails = await eraseMails(tx, customerEmail)
        const found = counts.events + counts.storedResponses + counts.checkoutEvents
        if (licenseIds.length + found + mails > 0) {
          await eraseLicenses(tx, records, context)
          // The audit must not name the customer.
          recordAction(tx, context, 'customer.erase', 'customer')
        }
        await erasePortal(tx, customerEmail, licenseIds)
        await audit.sweepRest(tx)
        await writeAudit(tx)
        await eraseAuditOf(tx, licenseIds)
        return { licenseIds, ...counts, validations }
      })
    },
    listCheckoutEvents: (customerEmail, isNamedInEvent, page) =>
      readCustomerEvents(engine, customerEmail, isNamedInEvent, page),
    listEvents: (customerEmail, page) => readNamingEvents(engine, customerEmail, page),
  }
}

/** Locks the licenses of a customer, and leaves out those that were given to another one meanwhile. */
async function lockLicenses(tx: Tx, customerEmail: string): Promise<readonly LicenseRecord[]> {
  const ids = await selectIds(tx, { customerEmail }, LICENSES_MAX)
  const records = await lockRecords(tx, ids)
  return ids
    .map((id) => requireRecord(records, id))
    .filter(({ license }) => license.customerEmail === customerEmail)
}

async function eraseLicenses(
  tx: Tx,
  owned: readonly LicenseRecord[],
  context: CommandContext<never>,
): Promise<void> {
  const licenses = owned.map(({ license }) => license)
  const ids = [formatArray(licenses.map(({ id }) => id))]
  for (const table of ['activations', 'seats']) {
    await tx.client.unsafe(
      `UPDATE ${table} SET name = NULL
       WHERE license_id = ANY($1::text::text[]) AND name IS NOT NULL`,
      ids,
    )
  }
  const records = new Map(owned.map((record) => [record.license.id, record]))
  await applyDecision(tx, context, decideErasure(licenses, context.nowMs), { records })
}

const eventTable = { name: 'events', key: 'position', keyType: 'bigint' } as const

/** Whether an event contains one of the texts `$4`. */
const IS_NAMING = `EXISTS (
  SELECT FROM unnest($4::text::text[]) AS member WHERE strpos(data, member) > 0)`

const formatMembers = (customerEmail: string) => formatArray(formatEmailMembers(customerEmail))

function createEventStep(customerEmail: string): Step {
  const members = [formatMembers(customerEmail)]
  const columns = `id, CASE WHEN ${IS_NAMING} THEN data END AS data`
  return async (tx, next) => {
    type Columns = Pick<EventRecord, 'id'> & { readonly data: string | null }
    const rows = await selectNext<Columns>(tx, eventTable, columns, next, STEP_EVENTS, members)
    const pace = createPace()
    const redacted: Pick<EventRecord, 'id' | 'data'>[] = []
    for (const { id, data } of rows) {
      if (data === null) continue
      redacted.push({ id, data: redactEventData(data, customerEmail) })
      const turn = pace(1)
      if (turn !== undefined) await turn
    }
    if (redacted.length > 0) await writeRedacted(tx, redacted)
    return { erased: redacted.length, last: findLast(rows) }
  }
}

async function writeRedacted(
  { client }: Tx,
  redacted: readonly Pick<EventRecord, 'id' | 'data'>[],
): Promise<void> {
  await client.unsafe(
    `UPDATE events SET data = given.data
     FROM json_to_recordset($1::text::json) AS given (id text, data text)
     WHERE events.id = given.id`,
    [JSON.stringify(redacted)],
  )
  // A response may repeat what was posted.
  await client.unsafe(
    `UPDATE attempts SET response_body = '' FROM deliveries
     WHERE deliveries.id = delivery_id AND event_id = ANY($1::text::text[])`,
    [formatArray(redacted.map(({ id }) => id))],
  )
}

/** Searches the events of one step, so a page may be empty although there is a next one. */
async function readNamingEvents(
  reading: Reading,
  customerEmail: string,
  { limit, after }: PageRequest,
): Promise<Page<EventRecord>> {
  const { xid, position } = parsePlace(after ?? '')
  const next = { after: { xid, key: String(position) }, isSettledOnly: false }
  const members = [formatMembers(customerEmail)]
  type Columns = { readonly isNaming: boolean }
  const columns = `${IS_NAMING} AS "isNaming"`
  const rows = await selectNext<Columns>(reading, eventTable, columns, next, limit, members)
  const positions = rows.filter(({ isNaming }) => isNaming).map(({ key }) => key)
  const condition = 'WHERE position = ANY($1::text::bigint[]) ORDER BY xid, position'
  const found = await selectRows(reading, events, undefined, condition, [formatArray(positions)])
  const last = findLast(rows)
  return {
    data: found.map(toEvent),
    nextAfter: last === null ? null : `${last.xid}.${last.key}`,
  }
}

const responseTable = { name: 'stored_responses', key: 'key_hash', keyType: 'text' } as const

function createResponseStep(mentionsCustomer: (sealedResponse: string) => boolean): Step {
  return async (tx, next) => {
    type Columns = { readonly sealed: string }
    const columns = 'sealed_response AS sealed'
    const rows = await selectNext<Columns>(tx, responseTable, columns, next, STEP_RESPONSES)
    // A command that has not ended has stored nothing yet.
    const named = rows.filter(({ sealed }) => sealed !== '' && mentionsCustomer(sealed))
    const keys = formatArray(named.map(({ key }) => key))
    await tx.client.unsafe('DELETE FROM stored_responses WHERE key_hash = ANY($1::text::text[])', [
      keys,
    ])
    return { erased: named.length, last: findLast(rows) }
  }
}
