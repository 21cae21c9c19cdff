import { expect } from 'bun:test'
import type { AsyncCommand } from 'fast-check'
import type { Action, Actions, Observation } from './actions.ts'
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
    // Keep last-seen times distinct, so that the activation idle for longest is always unambiguous.
    model.wait(1)
    await system.wait(1)
    const expected = this.#action.run(model)
    expect(await this.#action.run(system)).toBe(expected)
    expect(await system.observe()).toEqual(model.observation)
  }

  toString(): string {
    return this.#action.toString()
  }
}
