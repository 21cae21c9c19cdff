import { Fault } from '~/domain/faults.ts'
import type { Storage } from './storage.ts'

const refuse = () => {
  const detail =
    'PostgreSQL stores everything, so Licet makes no backups. Back up the database with its own tools: pg_dump, or continuous archiving for any point in time.'
  return Promise.reject(new Fault('not_supported', detail))
}

/** Refuses all backups, because PostgreSQL has its own. */
export const noBackups: Storage['backups'] = {
  list: refuse,
  find: refuse,
  create: refuse,
  delete: refuse,
  verify: refuse,
  read: refuse,
  close: () => Promise.resolve(),
}
