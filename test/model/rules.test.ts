import { test } from 'bun:test'
import fc from 'fast-check'
import { allActs, someTerms } from './acts.ts'
import { Reference } from './reference.ts'
import { RulesSystem } from './rules-system.ts'
import { Step } from './steps.ts'

const RUNS = 300
/** For machines under load; it takes a few seconds at most on others. */
const TIMEOUT_MS = 30_000

test(
  'by the rules, whatever is done in whatever order, no slot is granted too much and none is lost',
  async () => {
    const steps = allActs.map((act) => act.map((one) => new Step(one)))
    const property = fc.asyncProperty(
      someTerms,
      fc.commands(steps, { maxCommands: 60, size: 'max' }),
      (terms, commands) =>
        fc.asyncModelRun(
          () => ({ model: new Reference(terms), real: new RulesSystem(terms) }),
          commands,
        ),
    )
    await fc.assert(property, { numRuns: RUNS })
  },
  TIMEOUT_MS,
)
