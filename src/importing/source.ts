import { Fault } from '~/domain/faults.ts'
import type {
  ImportedActivation,
  ImportedLicense,
  ImportedState,
} from '~/domain/imported-licenses.ts'

/** One row of a CSV file by its headers, whose values are strings, or one object of a JSON file. */
export type SourceRecord = Readonly<Record<string, unknown>>

/** The meaning of one record of an export. */
export type Translation =
  | { readonly kind: 'license'; readonly license: ImportedLicense }
  /** Activations of a license that is imported already, for exports with a file for each. */
  | {
      readonly kind: 'activations'
      readonly licenseId: string
      readonly activations: readonly ImportedActivation[]
    }
  /** A record that is neither, such as a subtotal. It is counted, but is no failure. */
  | { readonly kind: 'other' }

/** The headers that the plain CSV source reads instead of its own, by the name of its field. */
export type ColumnMap = ReadonlyMap<string, string>

/** Columns of which a CSV file needs one. */
export interface RequiredColumns {
  readonly headers: readonly [string, ...string[]]
  /** The field that `--column` gives another header; null if the source has fixed headers. */
  readonly field: string | null
}

/** A product whose exports can be imported. */
export interface Source {
  /** As the command line and `external_ref` name it, such as `lemonsqueezy`. */
  readonly name: string
  /** As people name it, such as `Lemon Squeezy`. */
  readonly title: string
  /** The members of a JSON document that list its records, such as `data`. */
  readonly lists: readonly string[]
  /** Without these columns, no row of a CSV file can be imported as a whole. */
  readonly listColumns: (columns: ColumnMap) => readonly RequiredColumns[]
  /** Throws `refuseRecord` for a record that cannot be imported. */
  readonly translate: (record: SourceRecord, columns: ColumnMap) => Translation
}

/** Columns of a source whose headers are fixed, of which a CSV file needs one. */
export const oneOf = (...headers: readonly [string, ...string[]]): RequiredColumns => ({
  headers,
  field: null,
})

/** An expired license is active, because its expiration says the rest. */
export const active: ImportedState = { status: 'active' }

export const suspended = (reason: string): ImportedState => ({ status: 'suspended', reason })

/** Returns the Fault for a record that cannot be imported. The report shows its detail. */
export function refuseRecord(detail: string): Fault {
  return new Fault('validation_failed', detail)
}
