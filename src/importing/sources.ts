import type { Source } from './source.ts'
import { csv } from './sources/csv.ts'
import { edd } from './sources/edd.ts'
import { gumroad } from './sources/gumroad.ts'
import { keygen } from './sources/keygen.ts'
import { lemonsqueezy } from './sources/lemonsqueezy.ts'
import { lmfwc } from './sources/lmfwc.ts'
import { trafficorchestrator } from './sources/trafficorchestrator.ts'

const all = [csv, trafficorchestrator, lemonsqueezy, gumroad, edd, keygen, lmfwc]

/** Every source that `licet import` knows, by the name that the command line uses. */
export const sources: ReadonlyMap<string, Source> = new Map(
  all.map((source) => [source.name, source]),
)
