/** Where the value of a variable comes from: `file` is a file with the master secret. */
export const variableSources = ['default', 'environment', 'file'] as const
export type VariableSource = (typeof variableSources)[number]

/** An environment variable as it is in effect. */
export interface Variable {
  readonly name: string
  readonly source: VariableSource
  readonly isSecret: boolean
  /** Of a secret, only `set` or `not set`. Null if the variable has no value. */
  readonly value: string | null
}

/** Whether neither variable of the master secret is set, so that it is in the data directory. */
export function isSecretGenerated(variables: readonly Variable[]): boolean {
  const isSet = (name: string, source: VariableSource) =>
    variables.some((variable) => variable.name === name && variable.source === source)
  return (
    !isSet('LICET_MASTER_SECRET', 'environment') &&
    !isSet('LICET_MASTER_SECRET_FILE', 'environment')
  )
}

/** The sizes of the data directory, in bytes. Of the disk, null if it cannot be measured. */
export interface StorageSizes {
  readonly databaseBytes: number
  /** The write-ahead log, which is moved into the database now and then. */
  readonly databaseLogBytes: number
  readonly usageBytes: number
  readonly usageLogBytes: number
  readonly backupsBytes: number
  readonly diskFreeBytes: number | null
  readonly diskTotalBytes: number | null
}
