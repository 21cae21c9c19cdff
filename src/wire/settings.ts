import type { Static } from '@sinclair/typebox'
import { type Degradation, degradationReasons } from '~/domain/degradations.ts'
import { type StorageSizes, type Variable, variableSources } from '~/domain/variables.ts'
import { Type } from './type.ts'

const example = {
  version: '0.2.0',
  schema: '0020_audit_chain',
  variables: [
    { name: 'LICET_ADMIN_TOKEN', secret: true, value: 'set', source: 'environment' },
    { name: 'LICET_PORT', secret: false, value: '3000', source: 'default' },
  ],
  unknown_variables: [],
  degradations: [],
  storage: {
    database_bytes: 52_428_800,
    database_log_bytes: 4_152_992,
    usage_bytes: 20_971_520,
    usage_log_bytes: 0,
    backups_bytes: 104_857_600,
    disk_free_bytes: 81_604_378_624,
    disk_total_bytes: 107_374_182_400,
  },
}

const VariableView = Type.Response(
  'Variable',
  'An environment variable as it is in effect.',
  example.variables[1],
  {
    name: Type.String(),
    secret: Type.Boolean({ description: 'Whether its value is never shown.' }),
    value: Type.Nullable(
      Type.Described(
        'The value in effect; null for none. Of a secret, only `set` or `not set`. Lists are separated by commas.',
      ),
    ),
    source: Type.Literals(variableSources, {
      title: 'VariableSource',
      description:
        'Where the value comes from. `file` is the file of `LICET_MASTER_SECRET_FILE`, or `master.secret` in the data directory.',
    }),
  },
)

const StorageView = Type.Response('Storage', 'The sizes of what is stored.', example.storage, {
  database_bytes: Type.Count('`licet.sqlite`.'),
  database_log_bytes: Type.Count('The write-ahead log of `licet.sqlite`.'),
  usage_bytes: Type.Count('`usage.sqlite`.'),
  usage_log_bytes: Type.Count('The write-ahead log of `usage.sqlite`.'),
  backups_bytes: Type.Count('All files in `backups/`.'),
  disk_free_bytes: Type.Nullable(Type.Count('What Licet can still write; null if unknown.')),
  disk_total_bytes: Type.Nullable(Type.Count('The size of the disk; null if unknown.')),
})

export const Settings = Type.Response(
  'Settings',
  'The configuration in effect, and how much is stored.',
  example,
  {
    version: Type.Described('The version of the server.'),
    schema: Type.Described('The last migration of the database.'),
    degradations: Type.Array(
      Type.Object(
        {
          reason: Type.Literals(degradationReasons),
          detail: Type.Described('What is wrong, and what to do.'),
        },
        { title: 'Degradation' },
      ),
      { description: 'What does not work at the moment, as in `/readyz`.' },
    ),
    variables: Type.Array(VariableView),
    unknown_variables: Type.Array(Type.String(), {
      description: 'The names of `LICET_` variables that are set, but that Licet does not know.',
    }),
    storage: StorageView,
  },
)
export type Settings = Static<typeof Settings>

interface SettingsParts {
  readonly version: string
  readonly schema: string
  readonly degradations: readonly Degradation[]
  readonly variables: readonly Variable[]
  readonly unknownVariables: readonly string[]
  readonly storage: StorageSizes
}

export function presentSettings({
  version,
  schema,
  degradations,
  variables,
  unknownVariables,
  storage,
}: SettingsParts): Settings {
  return {
    version,
    schema,
    degradations: degradations.map(({ reason, detail }) => ({ reason, detail })),
    variables: variables.map(({ name, isSecret, value, source }) => ({
      name,
      secret: isSecret,
      value,
      source,
    })),
    unknown_variables: [...unknownVariables],
    storage: {
      database_bytes: storage.databaseBytes,
      database_log_bytes: storage.databaseLogBytes,
      usage_bytes: storage.usageBytes,
      usage_log_bytes: storage.usageLogBytes,
      backups_bytes: storage.backupsBytes,
      disk_free_bytes: storage.diskFreeBytes,
      disk_total_bytes: storage.diskTotalBytes,
    },
  }
}
