import { test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp } from '../support/app.ts'
import { allActions, someTerms } from './actions.ts'
import { HttpSystem } from './http-system.ts'
import { Reference } from './reference.ts'
import { Step } from './steps.ts'

const RUNS = 20
/** Leaves room for a machine under load; it takes a few seconds otherwise. */
const TIMEOUT_MS = 180_000

test(
  'HTTP model: the API with cache and database follows the same rules as the reference',
  async () => {
    await using app = await openTestApp()
    const steps = allActions.map((action) => action.map((one) => new Step(one)))
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
