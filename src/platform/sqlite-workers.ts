/**
 * Returns the address of a Worker's module, whose path is below `src`. In the binary, all modules share
 * one address, and the files of Workers have their paths below it.
 */
export function findWorker(path: string): URL {
  // Windows has a name of its own for what is inside a binary.
  const isBinary = /\$bunfs|(?:~|%7E)BUN/.test(import.meta.url)
  return new URL(isBinary ? `./src/${path}` : `../${path}`, import.meta.url)
}
