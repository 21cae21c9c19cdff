import { expect } from 'bun:test'
import type { AsyncCommand } from 'fast-check'
import type { Act, Acts, Sight } from './acts.ts'
import type { Reference } from './reference.ts'

export interface System extends Acts<string | Promise<string>> {
  look(): Sight | Promise<Sight>
}

/** One act, done to model and system alike: both must answer the same and look the same after it. */
export class Step implements AsyncCommand<Reference, System> {
  readonly #act: Act

  constructor(act: Act) {
    this.#act = act
  }

  check(): boolean {
    return true
  }

  async run(model: Reference, system: System): Promise<void> {
    // So that no two are seen at the same time, and who was unseen for longest is never a toss-up.
    model.wait(1)
    await system.wait(1)
    const expected = this.#act.run(model)
    expect(await this.#act.run(system)).toBe(expected)
    expect(await system.look()).toEqual(model.sight)
  }

  toString(): string {
    return this.#act.toString()
  }
}
