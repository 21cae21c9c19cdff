/** What is sold. Its prefix begins every key and never changes. */
export interface Product {
  readonly slug: string
  readonly name: string
  readonly keyPrefix: string
}
