import type { Source } from './source.ts'
import { csv } from './sources/csv.ts'

/** Every source that `licet import` knows, by the name that the command line uses. */
export const sources: ReadonlyMap<string, Source> = new Map(
  [csv].map((source) => [source.name, source]),
)
