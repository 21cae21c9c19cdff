import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change } from '~/domain/decisions.ts'
import type { License } from '~/domain/licenses.ts'
import type { Db } from './connection.ts'
import { eraseTraces } from './customers.ts'
import { applyAttempt, applyBeginnings, applyProgress } from './deliveries.ts'
import { toEndpointRow } from './endpoints.ts'
import * as schema from './schema.ts'

type ChangeOf<Type extends Change['type']> = Extract<Change, { readonly type: Type }>
type Appliers = { readonly [Type in Change['type']]: (db: Db, change: ChangeOf<Type>) => void }

/** How each change is written. Runs inside the transaction of its command. */
const appliers: Appliers = {
  'product.create': (db, { product }) => void db.insert(schema.products).values(product).run(),
  'product.update': (db, { product: { slug, name } }) =>
    void db.update(schema.products).set({ name }).where(eq(schema.products.slug, slug)).run(),
  'plan.create': (db, { plan: { slug, productSlug, ...terms } }) =>
    void db.insert(schema.plans).values({ slug, productSlug, terms }).run(),
  'plan.update': (db, { plan: { slug, productSlug: _fixed, ...terms } }) =>
    void db.update(schema.plans).set({ terms }).where(eq(schema.plans.slug, slug)).run(),
  'plan.delete': (db, { slug }) =>
    void db.delete(schema.plans).where(eq(schema.plans.slug, slug)).run(),
  'api_key.create': (db, { apiKey, tokenHash }) =>
    void db
      .insert(schema.apiKeys)
      .values({ ...apiKey, tokenHash })
      .run(),
  'api_key.revoke': (db, { id }) =>
    void db.delete(schema.apiKeys).where(eq(schema.apiKeys.id, id)).run(),
  'license.create': (db, { license }) =>
    void db
      .insert(schema.licenses)
      .values({ ...license, ...foldedName(license), eventSequence: 0, validationCount: 0 })
      .run(),
  'license.update': (db, { licenseId, set }) =>
    void db
      .update(schema.licenses)
      .set({ ...set, ...foldedName(set) })
      .where(eq(schema.licenses.id, licenseId))
      .run(),
  'license.rekey': rekey,
  'activation.create': (db, { activation }) => {
    db.insert(schema.activations).values(activation).run()
    countInUse(db, activation, 1)
  },
  'activation.delete': (db, { activation }) => {
    db.delete(schema.activations).where(eq(schema.activations.id, activation.id)).run()
    countInUse(db, activation, -1)
  },
  'activation.see': (db, { activation, atMs: lastSeenAtMs }) =>
    void db
      .update(schema.activations)
      .set({ lastSeenAtMs })
      .where(eq(schema.activations.id, activation.id))
      .run(),
  'deactivation.count': (db, { licenseId, atMs }) =>
    void db.insert(schema.deactivations).values({ licenseId, atMs }).run(),
  'seat.create': (db, { seat }) => void db.insert(schema.seats).values(seat).run(),
  'seat.update': (db, { seat }) =>
    void db.update(schema.seats).set(seat).where(eq(schema.seats.id, seat.id)).run(),
  'seat.delete': (db, { seat }) =>
    void db.delete(schema.seats).where(eq(schema.seats.id, seat.id)).run(),
  'endpoint.create': (db, { endpoint }) =>
    void db.insert(schema.endpoints).values(toEndpointRow(endpoint)).run(),
  'endpoint.update': (db, { endpoint }) =>
    void db
      .update(schema.endpoints)
      .set(toEndpointRow(endpoint))
      .where(eq(schema.endpoints.id, endpoint.id))
      .run(),
  'endpoint.delete': (db, { endpoint }) =>
    void db
      .update(schema.endpoints)
      .set({ state: 'deleted', secretSealed: '', formerSecret: null })
      .where(eq(schema.endpoints.id, endpoint.id))
      .run(),
  'delivery.progress': applyProgress,
  'delivery.attempt': applyAttempt,
  'delivery.begin': applyBeginnings,
  'customer.erase': eraseTraces,
}

export function applyChange<Type extends Change['type']>(db: Db, change: ChangeOf<Type>): void {
  const apply: Appliers[Type] = appliers[change.type as Type]
  apply(db, change)
}

/** The id of what a change is about, for the audit and for those who keep copies. */
export function subjectOf(change: Change): string {
  if ('license' in change) return change.license.id
  if ('licenseId' in change) return change.licenseId
  if ('activation' in change) return change.activation.licenseId
  if ('seat' in change) return change.seat.licenseId
  if ('endpoint' in change) return change.endpoint.id
  if ('deliveryId' in change) return change.deliveryId
  if ('apiKey' in change) return change.apiKey.id
  if ('product' in change) return change.product.slug
  if ('plan' in change) return change.plan.slug
  // Who it was is what must not be kept.
  if (change.type === 'customer.erase') return 'customer'
  return 'slug' in change ? change.slug : change.id
}

function foldedName({ customerName }: Partial<Pick<License, 'customerName'>>) {
  return customerName === undefined
    ? {}
    : { customerNameFolded: customerName?.toLowerCase() ?? null }
}

/**
 * One former key at most: a rotation ends an earlier overlap. A key that was issued again counts as
 * the former one of its last holder.
 */
function rekey(db: Db, change: ChangeOf<'license.rekey'>): void {
  const { licenseId, key, formerValidUntilMs } = change
  db.delete(schema.formerKeys).where(eq(schema.formerKeys.licenseId, licenseId)).run()
  if (formerValidUntilMs !== null) {
    const former = sql`SELECT key_hash, id, ${formerValidUntilMs} FROM licenses WHERE id = ${licenseId}`
    db.run(sql`INSERT OR REPLACE INTO former_keys (key_hash, license_id, valid_until_ms) ${former}`)
  }
  db.update(schema.licenses).set(key).where(eq(schema.licenses.id, licenseId)).run()
}

/** What is on record for development is counted nowhere: it takes no slot and no free place. */
function countInUse(db: Db, { licenseId, kind, root, isFree }: Activation, step: 1 | -1): void {
  if (isFree && root === null) return
  const column = kind === 'device' ? 'devicesUsed' : isFree ? 'freeDomainsUsed' : 'domainsUsed'
  db.update(schema.licenses)
    .set({ [column]: sql`${schema.licenses[column]} + ${step}` })
    .where(eq(schema.licenses.id, licenseId))
    .run()
}
