import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import type { EventFilter, EventRecord, Page, PageRequest, Store } from '../port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { pageByPosition, positionOf } from './pages.ts'
import { events } from './schema.ts'

export interface EventReads {
  readEvents(filter: EventFilter, page: PageRequest): Page<EventRecord>
}

export function createEventReads(db: Db): EventReads {
  function readEvents({ licenseId, types }: EventFilter, { limit, after }: PageRequest) {
    const rows = db
      .select()
      .from(events)
      .where(
        and(
          licenseId === undefined ? undefined : eq(events.licenseId, licenseId),
          types === undefined ? undefined : inArray(events.type, [...types]),
          after === null ? undefined : lt(events.position, positionOf(after)),
        ),
      )
      .orderBy(desc(events.position))
      .limit(limit + 1)
      .all()
    return pageByPosition(rows, limit, ({ position: _order, ...event }): EventRecord => event)
  }

  return { readEvents }
}

export function eventMethods({ events: reads }: Engine): Pick<Store, 'listEvents'> {
  return { listEvents: async (filter, page) => reads.readEvents(filter, page) }
}
