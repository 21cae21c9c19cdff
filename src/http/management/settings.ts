import type { Deps } from '~/deps.ts'
import { presentSettings, Settings } from '~/wire/settings.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type SettingsDeps = Pick<
  Deps,
  'version' | 'schema' | 'variables' | 'unknownVariables' | 'measureStorage' | 'store' | 'usage'
>

export const settingsRoutes = (deps: SettingsDeps, routes: ScopedRoutes) =>
  routes('', 'Operations').get(
    '/settings',
    () => {
      const degradations = [...deps.store.listDegradations(), ...deps.usage.listDegradations()]
      return presentSettings({ ...deps, degradations, storage: deps.measureStorage() })
    },
    {
      scope: 'settings:read',
      operationId: 'getSettings',
      ...answers(Settings),
      summary:
        'Get the configuration in effect, what does not work, and the sizes of what is stored',
      description:
        'Lists every environment variable. The value of a secret is never shown, only whether it is set.',
    },
  )
