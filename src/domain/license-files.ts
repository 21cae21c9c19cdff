/** A license file that was issued. Its text is not stored, because it can be signed again. */
export interface LicenseFile {
  /** The `jti` of its token. */
  readonly id: string
  readonly licenseId: string
  /** The activations that it relies on, which its return frees. */
  readonly activationIds: readonly string[]
  readonly isFingerprintBound: boolean
  /** The domains it is bound to, as in its claim `dom`. */
  readonly domains: readonly string[] | null
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** The hash of its return code; null if it is bound to no activation. */
  readonly returnHash: string | null
  readonly returnedAtMs: number | null
}
