/** Returns every order of the elements. */
export function permute<Element>(elements: readonly Element[]): Element[][] {
  if (elements.length < 2) return [[...elements]]
  return elements.flatMap((first, index) =>
    permute(elements.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  )
}

/** Returns the elements in an order that depends only on the seed. */
export function shuffle<Element>(elements: readonly Element[], seed: number): Element[] {
  const keyed = elements.map((element, index) => ({ element, key: Bun.hash(`${seed}/${index}`) }))
  return keyed
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ element }) => element)
}

/** Returns the elements, each of them one to three times, next to each other. */
export function repeat<Element>(elements: readonly Element[], seed: number): Element[] {
  return elements.flatMap((element, index) => Array(1 + ((seed + index) % 3)).fill(element))
}
