import { Fault } from '~/domain/faults.ts'
import type { Storage } from './storage.ts'

const createFault = () => {
  const detail =
    'PostgreSQL stores everything, so Licet makes no backups. Back up the database with its own tools: pg_dump, or continuous archiving for any point in time.'
  return new Fault('not_supported', detail)
}

const refuse = () => Promise.reject(createFault())

/** Refuses all backups, because PostgreSQL has its own. */
export const noBackups: Storage['backups'] = {
  list: refuse,
  find: refuse,
  create: refuse,
  delete: refuse,
  verify: refuse,
  read: refuse,
  deleteCopies: () => Promise.resolve(0),
  close: () => Promise.resolve(),
  scheduled: {
    isDue: () => false,
    describe: () => {
      throw createFault()
    },
    run: refuse,
    noteAnnouncement: () => undefined,
  },
}
