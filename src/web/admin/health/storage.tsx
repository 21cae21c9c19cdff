import type { Settings } from '~/wire/settings.ts'
import { formatBytes } from '../../shared/format.tsx'
import { formatShare } from '../../shared/numbers.ts'
import { Loading } from '../../shared/states.tsx'
import { Tile } from '../../shared/tile.tsx'
import type { Loaded } from '../../shared/use-load.ts'

/** Less free space than this part of the disk needs attention. */
const LOW_SHARE = 0.1

/** The sizes of the database and of the disk. */
export function Storage({ settings }: { settings: Loaded<Settings | null> }) {
  return (
    <section class="part" aria-labelledby="storage">
      <div class="card-title">
        <h2 id="storage">Storage</h2>
      </div>
      <Loading loaded={settings} lines={5}>
        {(data) => data !== null && <Tiles storage={data.storage} />}
      </Loading>
    </section>
  )
}

function Tiles({ storage }: Pick<Settings, 'storage'>) {
  const { disk_free_bytes: free, disk_total_bytes: total } = storage
  const isLow = free !== null && total !== null && free < total * LOW_SHARE
  return (
    <div class="tiles">
      <Tile
        label="Database"
        value={formatBytes(storage.database_bytes)}
        note={`Log ${formatBytes(storage.database_log_bytes)}`}
      />
      <Tile
        label="Usage"
        value={formatBytes(storage.usage_bytes)}
        note={`Log ${formatBytes(storage.usage_log_bytes)}`}
      />
      <Tile label="Backups" value={formatBytes(storage.backups_bytes)} note="On the same disk" />
      {free !== null && (
        <Tile
          label="Free on the disk"
          value={<span class={isLow ? 'low' : ''}>{formatBytes(free)}</span>}
          note={
            total === null
              ? undefined
              : `${isLow ? 'Low: ' : ''}${formatShare(free, total)} of ${formatBytes(total)}`
          }
        />
      )}
    </div>
  )
}
