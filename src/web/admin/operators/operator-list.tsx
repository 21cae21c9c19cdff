import { useState } from 'preact/hooks'
import type { Operator } from '~/wire/operators.ts'
import { api, callAll } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { Badge, Empty, Loading } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { ScopeList } from '../scopes/scope-list.tsx'
import { useCan, useSession } from '../session.tsx'
import { DisableDialog, EditOperatorDialog, LinkDialog } from './operator-dialogs.tsx'

interface OperatorListProps {
  /** Changes when the list is to be loaded again. */
  readonly version: number
  readonly onChanged: () => void
}

type Act = 'edit' | 'link' | 'disable'

export function OperatorList({ version, onChanged }: OperatorListProps) {
  const canWrite = useCan()('operators:write')
  const [open, setOpen] = useState<{ act: Act; operator: Operator } | null>(null)
  const loaded = useLoad(`operators ${version}`, () =>
    callAll((query) => api.operators.get({ query })),
  )
  const close = () => setOpen(null)

  return (
    <>
      <Loading loaded={loaded} lines={4}>
        {(operators) =>
          operators.length === 0 ? (
            <div class="table-frame">
              <Empty title="No operators yet">
                {canWrite && (
                  <p>Create one for each person, so that the audit shows who has done what.</p>
                )}
              </Empty>
            </div>
          ) : (
            <OperatorTable
              operators={operators}
              onAct={canWrite ? (act, operator) => setOpen({ act, operator }) : null}
            />
          )
        }
      </Loading>
      {open?.act === 'edit' && (
        <EditOperatorDialog operator={open.operator} onClose={close} onDone={onChanged} />
      )}
      {open?.act === 'link' && <LinkDialog operator={open.operator} onClose={close} />}
      {open?.act === 'disable' && (
        <DisableDialog operator={open.operator} onClose={close} onDone={onChanged} />
      )}
    </>
  )
}

interface TableProps {
  readonly operators: readonly Operator[]
  /** Null if the person may not change any. */
  readonly onAct: ((act: Act, operator: Operator) => void) | null
}

function OperatorTable({ operators, onAct }: TableProps) {
  const { session } = useSession()
  const columns: Column<Operator>[] = [
    {
      label: 'Name',
      kind: 'title',
      cell: ({ id, name }) => (
        <span class="row">
          {name}
          {session.operator?.id === id && <Badge tone="good">You</Badge>}
        </span>
      ),
    },
    { label: 'Scopes', cell: ({ scopes }) => <ScopeList scopes={scopes} /> },
    {
      label: 'State',
      cell: ({ disabled_at: at }) =>
        at === null ? (
          'Enabled'
        ) : (
          <span class="row">
            <Badge tone="bad">Disabled</Badge> <Time at={at} as="day" />
          </span>
        ),
    },
    { label: 'Created', cell: (operator) => <Time at={operator.created_at} as="day" /> },
  ]
  if (onAct !== null) {
    columns.push({
      label: 'Actions',
      kind: 'actions',
      cell: (operator) => <Actions operator={operator} onAct={onAct} />,
    })
  }
  return <Table caption="Operators" columns={columns} rows={operators} keyOf={({ id }) => id} />
}

interface ActionsProps {
  readonly operator: Operator
  readonly onAct: (act: Act, operator: Operator) => void
}

function Actions({ operator, onAct }: ActionsProps) {
  const name = <span class="only-read"> {operator.name}</span>
  const isDisabled = operator.disabled_at !== null
  return (
    <span class="row end">
      {!isDisabled && (
        <button type="button" class="quiet tight" onClick={() => onAct('link', operator)}>
          Sign-in link{name}
        </button>
      )}
      <button type="button" class="quiet tight" onClick={() => onAct('edit', operator)}>
        Edit{name}
      </button>
      <button
        type="button"
        class={`quiet tight ${isDisabled ? '' : 'danger'}`}
        onClick={() => onAct('disable', operator)}
      >
        {isDisabled ? 'Enable' : 'Disable'}
        {name}
      </button>
    </span>
  )
}
