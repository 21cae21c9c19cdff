import type { Backup } from '~/wire/backups.ts'
import { formatBytes, Time } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Menu } from '../../shared/menu.tsx'
import { Badge } from '../../shared/states.tsx'
import { Table } from '../../shared/table.tsx'
import { useCan } from '../session.tsx'

export type BackupAct = 'verify' | 'restore' | 'delete'

interface BackupTableProps {
  readonly backups: readonly Backup[]
  readonly onAct: (act: BackupAct, backup: Backup) => void
}

export function BackupTable({ backups, onAct }: BackupTableProps) {
  return (
    <Table
      caption="Backups"
      rows={backups}
      keyOf={({ name }) => name}
      columns={[
        {
          label: 'File',
          kind: 'title',
          cell: ({ name, state }) => (
            <span class="row">
              <span class="backup-name">{name}</span>
              {state === 'running' && <Badge>Being made</Badge>}
            </span>
          ),
        },
        { label: 'Made', cell: ({ created_at: at }) => <Time at={at} /> },
        { label: 'Size', kind: 'number', cell: ({ bytes }) => formatBytes(bytes) },
        {
          label: 'Actions',
          kind: 'actions',
          cell: (backup) =>
            backup.state === 'complete' && <Actions backup={backup} onAct={onAct} />,
        },
      ]}
    />
  )
}

interface ActionsProps {
  readonly backup: Backup
  readonly onAct: BackupTableProps['onAct']
}

function Actions({ backup, onAct }: ActionsProps) {
  const can = useCan()
  const canWrite = can('backups:write')
  return (
    <span class="row end">
      {can('backups:download') && (
        <a
          class="button quiet tight"
          href={`/api/v1/backups/${encodeURIComponent(backup.name)}/download`}
          download={backup.name}
        >
          <Icon name="download" size={16} /> Download
          <span class="only-read"> {backup.name}</span>
        </a>
      )}
      <Menu label={<Icon name="more" />} name={`More about ${backup.name}`} class="quiet tight">
        {canWrite && (
          <button type="button" class="quiet tight" onClick={() => onAct('verify', backup)}>
            Verify
          </button>
        )}
        <button type="button" class="quiet tight" onClick={() => onAct('restore', backup)}>
          How to restore
        </button>
        {canWrite && (
          <button type="button" class="quiet danger tight" onClick={() => onAct('delete', backup)}>
            Delete
          </button>
        )}
      </Menu>
    </span>
  )
}
