import { test } from 'bun:test'
import fc from 'fast-check'
import { openRulesStore } from '../support/stored-license.ts'
import { allActions, someTerms } from './actions.ts'
import { Reference } from './reference.ts'
import { RulesSystem } from './rules-system.ts'
import { Step } from './steps.ts'

const RUNS = 300
/** Leaves room for a machine under load; it takes a few seconds otherwise. */
const TIMEOUT_MS = 180_000

test(
  'rules model: no sequence of requests grants a slot too many or loses one',
  async () => {
    await using store = await openRulesStore()
    const steps = allActions.map((action) => action.map((one) => new Step(one)))
    const property = fc.asyncProperty(
      someTerms,
      fc.commands(steps, { maxCommands: 60, size: 'max' }),
      (terms, commands) =>
        fc.asyncModelRun(
          async () => ({
            model: new Reference(terms),
            real: await RulesSystem.open(store, terms),
          }),
          commands,
        ),
    )
    await fc.assert(property, { numRuns: RUNS })
  },
  TIMEOUT_MS,
)
