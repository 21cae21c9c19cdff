/** Random choices that are the same for the same seed. */
export interface Random {
  /** Returns a whole number from 0 up to, but without, `limit`. */
  below(limit: number): number
  /** Returns true with this probability. */
  chance(probability: number): boolean
  pick<Element>(list: readonly Element[]): Element
  /** Picks a name; a name with twice the weight is picked twice as often. */
  pickWeighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name
}

/** Creates choices from a seed, with the generator mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  function pick<Element>(list: readonly Element[]): Element {
    const [chosen] = list.slice(Math.floor(next() * list.length))
    if (chosen === undefined) throw new Error('There is nothing to pick from.')
    return chosen
  }

  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick,
    pickWeighted(weights) {
      const names = Object.keys(weights) as (keyof typeof weights)[]
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0)
      const chosen = names.find((name) => {
        left -= weights[name]
        return left < 0
      })
      return chosen ?? pick(names)
    },
  }
}
