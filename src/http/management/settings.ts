import type { Deps } from '~/deps.ts'
import { presentSettings, Settings } from '~/wire/settings.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type SettingsDeps = Pick<Deps, 'version' | 'variables' | 'unknownVariables' | 'measureStorage'>

export const settingsRoutes = (deps: SettingsDeps, routes: ScopedRoutes) =>
  routes('', 'Operations').get(
    '/settings',
    () => presentSettings({ ...deps, storage: deps.measureStorage() }),
    {
      scope: 'settings:read',
      operationId: 'getSettings',
      ...answers(Settings),
      summary: 'Get the configuration in effect, and the sizes of what is stored',
      description:
        'Lists every environment variable. The value of a secret is never shown, only whether it is set.',
    },
  )
