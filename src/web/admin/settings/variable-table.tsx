import { Badge } from '../../shared/states.tsx'
import { Table } from '../../shared/table.tsx'
import type { Variable } from './variable-groups.ts'

const sources: Readonly<Record<Variable['source'], string>> = {
  default: 'Default',
  environment: 'Environment',
  file: 'File',
}

interface VariableTableProps {
  readonly title: string
  readonly variables: readonly Variable[]
}

export function VariableTable({ title, variables }: VariableTableProps) {
  return (
    <Table
      caption={`Variables: ${title}`}
      rows={variables}
      keyOf={({ name }) => name}
      columns={[
        { label: 'Variable', kind: 'title', cell: ({ name }) => <span class="mono">{name}</span> },
        { label: 'Value', cell: (variable) => <Value variable={variable} /> },
        {
          label: 'Source',
          cell: ({ source }) => (
            <span class={source === 'default' ? 'muted' : ''}>{sources[source]}</span>
          ),
        },
      ]}
    />
  )
}

function Value({ variable: { value, secret } }: { variable: Variable }) {
  if (secret) {
    return value === 'set' ? <Badge tone="good">Set</Badge> : <span class="muted">Not set</span>
  }
  if (value === null) return <span class="muted">None</span>
  return <span class="setting-value">{value}</span>
}
