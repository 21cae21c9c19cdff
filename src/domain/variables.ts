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

/** The variables that can have the master secret. */
const secretVariables = ['', '_FILE', '_COMMAND'].map((end) => `LICET_MASTER_SECRET${end}`)

/** Whether no variable has the master secret, so that it is in the data directory. */
export function isSecretGenerated(variables: readonly Variable[]): boolean {
  return !variables.some(
    ({ name, source }) => secretVariables.includes(name) && source === 'environment',
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
