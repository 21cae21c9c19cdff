/** The software that a vendor sells. All its license keys start with its prefix, which never changes. */
export interface Product {
  readonly slug: string
  readonly name: string
  readonly keyPrefix: string
}
