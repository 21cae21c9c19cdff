import { useState } from 'preact/hooks'
import { Icon } from '../../shared/icons.tsx'
import { Page } from '../../shared/page.tsx'
import { useCan } from '../session.tsx'
import { NewOperatorDialog } from './operator-dialogs.tsx'
import { OperatorList } from './operator-list.tsx'
import { SessionList } from './session-list.tsx'

/** The people who may sign in, and the browsers that are signed in. */
export function OperatorsPage() {
  const can = useCan()
  const [isCreating, setCreating] = useState(false)
  const [version, setVersion] = useState(0)
  const reload = () => setVersion((number) => number + 1)

  return (
    <Page
      title="Operators"
      note="The people who sign in to this dashboard."
      actions={
        can('operators:write') && (
          <button type="button" onClick={() => setCreating(true)}>
            <Icon name="plus" /> New operator
          </button>
        )
      }
    >
      <OperatorList version={version} onChanged={reload} />
      {can('sessions:read') && <SessionList version={version} />}
      {isCreating && <NewOperatorDialog onClose={() => setCreating(false)} onDone={reload} />}
    </Page>
  )
}
