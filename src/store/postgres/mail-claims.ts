import { assert } from '~/assert.ts'
import type { ClaimedMail, MailClaim } from '../mails-port.ts'
import { toMail } from '../shared/mails.ts'
import type { Engine, Tx } from './engine.ts'
import { readBoundFile } from './license-files.ts'
import { readRecords, requireRecord } from './licenses.ts'
import { readProduct } from './products.ts'
import { selectRow, selectRows, updateRow } from './rows.ts'
import { mails } from './schema.ts'

const IS_DUE = `WHERE state = 'pending' AND next_attempt_at_ms <= $1
  AND (claimed_by IS NULL OR claimed_until_ms <= $1)`

/** Implements `Mails.claim`. A mail that another node is claiming is left out. */
export async function claimMails(engine: Engine, claim: MailClaim): Promise<ClaimedMail[]> {
  // Most rounds find nothing, and reading takes no lock.
  const due = await selectRow(engine, mails, ['id'], `${IS_DUE} LIMIT 1`, [claim.nowMs])
  return due === null ? [] : engine.transact((tx) => claimDue(tx, claim))
}

async function claimDue(tx: Tx, claim: MailClaim): Promise<ClaimedMail[]> {
  const order = 'ORDER BY next_attempt_at_ms, position LIMIT $2 FOR UPDATE SKIP LOCKED'
  const rows = await selectRows(tx, mails, undefined, `${IS_DUE} ${order}`, [
    claim.nowMs,
    claim.max,
  ])
  const licenseIds = [...new Set(rows.map(({ licenseId }) => licenseId))]
  const records = await readRecords(tx, licenseIds)
  const claimed: ClaimedMail[] = []
  for (const row of rows) {
    const { license, plan } = requireRecord(records, row.licenseId)
    const product = await readProduct(tx, license.productSlug)
    assert(product !== null, 'a license has its product')
    const recipient = license.customerEmail
    const { instanceId: claimedBy, claimedUntilMs } = claim
    await updateRow(tx, mails, row.id, { claimedBy, claimedUntilMs, recipient })
    const isBehind = await readIsBehind(tx, row.licenseId)
    const file = row.fileId === null ? null : await readBoundFile(tx, row.fileId)
    claimed.push({ license, plan, product, isBehind, file, mail: toMail({ ...row, recipient }) })
  }
  return claimed
}

async function readIsBehind({ client }: Tx, licenseId: string): Promise<boolean> {
  const behind = await client.unsafe<unknown[]>(
    `SELECT 1 FROM checkout_units
     WHERE license_id = $1 AND (applied::json ->> 'isBehind') = 'true'`,
    [licenseId],
  )
  return behind.length > 0
}
