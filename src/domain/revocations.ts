/** An entry of the revocation feed: tokens of a license or activation issued before then are void. */
export interface Revocation {
  readonly number: number
  readonly id: string
  /** A whole second in ms. 0 lifts an earlier entry. */
  readonly beforeMs: number
}
