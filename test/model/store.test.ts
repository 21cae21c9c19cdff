import { test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp } from '../support/app.ts'
import { allActs, someTerms } from './acts.ts'
import { HttpSystem } from './http-system.ts'
import { Reference } from './reference.ts'
import { Step } from './steps.ts'

const RUNS = 20
/** For machines under load; it takes a few seconds at most on others. */
const TIMEOUT_MS = 30_000

test(
  'over HTTP, the cache and the database keep to the very same rules',
  async () => {
    await using app = await openTestApp()
    const steps = allActs.map((act) => act.map((one) => new Step(one)))
    const property = fc.asyncProperty(
      someTerms,
      fc.commands(steps, { maxCommands: 40, size: 'max' }),
      (terms, commands) =>
        fc.asyncModelRun(
          async () => ({ model: new Reference(terms), real: await HttpSystem.open(app, terms) }),
          commands,
        ),
    )
    await fc.assert(property, { numRuns: RUNS })
  },
  TIMEOUT_MS,
)
