let listener: (text: string) => void = () => undefined

/** Sets what happens when a page hands a text to the search. Returns a function that ends it. */
export function onSearchOpened(open: (text: string) => void): () => void {
  listener = open
  return () => {
    listener = () => undefined
  }
}

/** Searches for a text in the box at the top. The text is neither in the address nor in the history. */
export function openSearch(text: string): void {
  listener(text)
}
