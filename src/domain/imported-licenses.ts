/** A license of another product, translated from one record of its export. */
export interface ImportedLicense {
  /** The ID in the source. `external_ref` is `SOURCE:ID`, so a repeated import finds the license. */
  readonly id: string
  readonly key: ImportedKey
  /** The plan, product or variant as the source names it; null if it has none. */
  readonly plan: string | null
  /** Its other names that a map of plans may contain, the most specific first. */
  readonly otherPlans?: readonly string[]
  readonly customerEmail: string | null
  readonly customerName: string | null
  /** Null means perpetual; undefined means the duration of the plan, from the import on. */
  readonly expiresAtMs: number | null | undefined
  readonly state: ImportedState
  readonly limits: ImportedLimits
  readonly activations: readonly ImportedActivation[]
  /** When it was sold; undefined if unknown. It becomes `purchased_at` in the metadata. */
  readonly purchasedAtMs?: number | undefined
  /** The identifiers that old apps compare, such as `lemonsqueezy_product_id`. */
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>
}

/** A key, or only the hash that the source has of it. */
export type ImportedKey =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'hash'
      /** In hexadecimal or base64. */
      readonly hash: string
    }

export type ImportedState =
  | { readonly status: 'active' }
  | { readonly status: 'suspended'; readonly reason: string | null }
  | { readonly status: 'revoked' }

/** Null means unlimited. Absent limits are those of the plan. */
export interface ImportedLimits {
  readonly maxDomains?: number | null
  readonly maxDevices?: number | null
  readonly maxSeats?: number | null
}

/** An installed copy, which goes on working after the import. */
export interface ImportedActivation {
  readonly kind: 'domain' | 'device'
  /** A host name or URL, or the fingerprint of a device. */
  readonly value: string
  readonly name?: string | null
  /** The ID that the installed app sends for this activation; null if it sends none. */
  readonly externalId?: string | null
  readonly createdAtMs?: number | undefined
  readonly lastSeenAtMs?: number | undefined
}
