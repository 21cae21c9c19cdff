import { and, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { matchesPattern } from '~/domain/endpoints.ts'
import type { EventRecord } from '~/domain/events.ts'
import type { ClaimedDelivery, DeliveryClaim } from '../port.ts'
import type { Db } from './connection.ts'
import { toDelivery } from './deliveries.ts'
import { toEndpoint } from './endpoints.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import { deliveries, endpoints } from './schema.ts'

export interface OutboxWrites {
  /** One delivery for each endpoint that wants the event; true when there is any. */
  fanOut(event: EventRecord, onlyEndpointId: string | undefined): boolean
}

/** Endpoints are read in the transaction of the event, so neither can miss the other. */
export function createOutboxWrites(db: Db, createDeliveryId: () => string): OutboxWrites {
  const listening = db
    .select({ id: endpoints.id, events: endpoints.events })
    .from(endpoints)
    .where(inArray(endpoints.state, ['enabled', 'paused']))
    .prepare()
  const insert = db
    .insert(deliveries)
    .values({
      id: sql.placeholder('id'),
      eventId: sql.placeholder('eventId'),
      endpointId: sql.placeholder('endpointId'),
      createdAtMs: sql.placeholder('nowMs'),
      status: 'pending',
      tries: 0,
      nextTryAtMs: sql.placeholder('nowMs'),
    })
    .prepare()

  function fanOut(event: EventRecord, onlyEndpointId: string | undefined): boolean {
    const endpointIds =
      onlyEndpointId === undefined
        ? listening
            .all()
            .filter(({ events: patterns }) => matchesPattern(patterns, event.type))
            .map(({ id }) => id)
        : [onlyEndpointId]
    for (const endpointId of endpointIds) {
      const id = createDeliveryId()
      insert.run({ id, eventId: event.id, endpointId, nowMs: event.timestampMs })
    }
    return endpointIds.length > 0
  }

  return { fanOut }
}

type OutboxMethods = Pick<FlatStore, 'claimDeliveries' | 'releaseDeliveries'>

export function outboxMethods(engine: Engine): OutboxMethods {
  const { db, transact } = engine
  const { claimDue, isAnythingDue } = createClaims(engine)

  return {
    // Most rounds find nothing, and looking takes no lock.
    claimDeliveries: async (claim) => (isAnythingDue(claim) ? transact(() => claimDue(claim)) : []),
    releaseDeliveries: (instanceId, whose) =>
      transact(() => {
        const holder = deliveries.claimedBy
        const held = whose === 'own' ? eq(holder, instanceId) : ne(holder, instanceId)
        db.update(deliveries)
          .set({ claimedBy: null, claimedUntilMs: null })
          .where(and(isNotNull(holder), held))
          .run()
      }),
  }
}

function createClaims({ db, events: eventReads }: Engine) {
  // The status stands there as text, since SQLite chooses no partial index for a parameter.
  const isDue = sql`status = 'pending' AND next_try_at_ms <= ${sql.placeholder('nowMs')}
    AND (claimed_by IS NULL OR claimed_until_ms <= ${sql.placeholder('nowMs')})`
  const awaited = db
    .select()
    .from(endpoints)
    .where(
      sql`state = 'enabled' AND EXISTS (
        SELECT 1 FROM deliveries WHERE endpoint_id = ${endpoints.id} AND ${isDue})`,
    )
    .prepare()
  const due = sql`
    SELECT position FROM deliveries WHERE endpoint_id = ${sql.placeholder('endpointId')} AND ${isDue}
    ORDER BY next_try_at_ms, position LIMIT ${sql.placeholder('max')}`
  const take = db
    .update(deliveries)
    .set({
      claimedBy: sql`${sql.placeholder('instanceId')}`,
      claimedUntilMs: sql`${sql.placeholder('claimedUntilMs')}`,
    })
    .where(sql`${deliveries.position} IN (${due})`)
    .returning()
    .prepare()

  /** Whose turn it is: the idlest first, so that a crowd waiting for one never delays another. */
  function findAwaited({ nowMs, perEndpointMax, failingMax, underWay }: DeliveryClaim) {
    return awaited
      .all({ nowMs })
      .map((row) => {
        const endpoint = toEndpoint(row)
        const busyness = underWay.get(endpoint.id) ?? 0
        // Who fails may well hang, so it is given one chance at a time.
        const max = endpoint.failingSinceMs === null ? perEndpointMax : Math.min(1, failingMax)
        const room = max - busyness
        return { endpoint, busyness, room }
      })
      .filter(({ room }) => room > 0)
      .sort((one, other) => one.busyness - other.busyness)
  }

  function claimDue(claim: DeliveryClaim): ClaimedDelivery[] {
    const { instanceId, nowMs, claimedUntilMs } = claim
    const claimed: ClaimedDelivery[] = []
    let failingLeft = claim.failingMax
    for (const { endpoint, room } of findAwaited(claim)) {
      const isFailing = endpoint.failingSinceMs !== null
      const left = claim.totalMax - claimed.length
      const max = Math.min(room, isFailing ? Math.min(left, failingLeft) : left)
      const rows = take.all({ endpointId: endpoint.id, nowMs, max, instanceId, claimedUntilMs })
      for (const row of rows.sort((one, other) => one.position - other.position)) {
        const event = eventReads.readEvent(row.eventId)
        assert(event !== null, 'a delivery has its event')
        claimed.push({ delivery: toDelivery(row), endpoint, event })
      }
      if (isFailing) failingLeft -= rows.length
    }
    return claimed
  }

  return { claimDue, isAnythingDue: (claim: DeliveryClaim) => findAwaited(claim).length > 0 }
}
