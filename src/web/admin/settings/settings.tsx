import type { Settings } from '~/wire/settings.ts'
import { api, call } from '../../shared/api.ts'
import { formatList } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading, Notice } from '../../shared/states.tsx'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { groupVariables } from './variable-groups.ts'
import { VariableTable } from './variable-table.tsx'

/** The configuration in effect. The values of secrets are not known to the page. */
export function SettingsPage() {
  const loaded = useLoad('settings', () => call(api.settings.get()))
  return (
    <Page
      title="Settings"
      note="The environment variables of the server. Change them where it is started, then restart it."
    >
      <Loading loaded={loaded} lines={12}>
        {(settings) => <SettingsView settings={settings} />}
      </Loading>
    </Page>
  )
}

function SettingsView({ settings }: { settings: Settings }) {
  const { values, set } = useFilters()
  const onlySet = values.show === 'set'
  const { variables, unknown_variables: unknown } = settings
  const shown = onlySet ? variables.filter(({ source }) => source !== 'default') : variables
  return (
    <>
      <dl class="facts">
        <dt>Version</dt>
        <dd>{settings.version}</dd>
        <dt>Database schema</dt>
        <dd class="mono">{settings.schema}</dd>
      </dl>
      {unknown.length > 0 && (
        <Notice tone="warn">
          Licet does not know {formatList(unknown)}, and ignores{' '}
          {unknown.length === 1 ? 'it' : 'them'}. Check the spelling.
        </Notice>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={onlySet}
          onInput={(event) => set({ show: event.currentTarget.checked ? 'set' : undefined })}
        />
        Only what differs from the defaults
      </label>
      {groupVariables(shown).map(({ title, variables: group }) => (
        <section key={title} class="part settings" aria-label={title}>
          <div class="card-title">
            <h2>{title}</h2>
          </div>
          <VariableTable title={title} variables={group} />
        </section>
      ))}
    </>
  )
}
