import type { Settings } from '~/wire/settings.ts'
import { api, call } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { Notice } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { BackupSchedule } from './backup-schedule.tsx'
import { Backups } from './backups.tsx'
import { Jobs } from './jobs.tsx'
import { Readiness } from './readiness.tsx'
import { Storage } from './storage.tsx'
import { TestMail } from './test-mail.tsx'

const EVERY_MS = 15_000

/** The state of the server: what works, its jobs, its disk, its backups and its mail. */
export function HealthPage() {
  const can = useCan()
  const canReadSettings = can('settings:read')
  const settings = useLoad(
    `settings ${canReadSettings}`,
    async () => (canReadSettings ? call(api.settings.get()) : null),
    { everyMs: EVERY_MS },
  )
  return (
    <Page title="Health" note="What the server needs and does in the background.">
      <Readiness degradations={settings.data?.degradations ?? []} />
      {isInPostgres(settings.data) ? (
        <Notice>
          The data is in PostgreSQL. Back it up, and watch its disk, with the tools of PostgreSQL.
        </Notice>
      ) : (
        canReadSettings && <Storage settings={settings} />
      )}
      {can('backups:read') && !isInPostgres(settings.data) && <BackupSchedule />}
      {can('backups:read') && !isInPostgres(settings.data) && (
        <Backups dataDir={findDataDir(settings.data)} onChanged={settings.reload} />
      )}
      <Jobs />
      {can('checkout:write') && <TestMail />}
    </Page>
  )
}

/** A data directory is never empty. */
const isInPostgres = (settings: Settings | null) => settings?.storage.database_bytes === 0

function findDataDir(settings: Settings | null): string | null {
  return settings?.variables.find(({ name }) => name === 'LICET_DATA_DIR')?.value ?? null
}
