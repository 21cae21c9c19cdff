import { expect } from 'bun:test'
import type { AsyncCommand } from 'fast-check'
import { type Action, type Actions, type Observation, STEP_MS } from './actions.ts'
import type { Reference } from './reference.ts'

export interface System extends Actions<string | Promise<string>> {
  observe(): Observation | Promise<Observation>
}

/** Runs one action on model and system, which must return the same word and end in the same state. */
export class Step implements AsyncCommand<Reference, System> {
  readonly #action: Action

  constructor(action: Action) {
    this.#action = action
  }

  check(): boolean {
    return true
  }

  async run(model: Reference, system: System): Promise<void> {
    model.wait(STEP_MS)
    await system.wait(STEP_MS)
    const expected = this.#action.run(model)
    expect(await this.#action.run(system)).toBe(expected)
    expect(await system.observe()).toEqual(model.observation)
  }

  toString(): string {
    return this.#action.toString()
  }
}
