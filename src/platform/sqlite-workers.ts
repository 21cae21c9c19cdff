/**
 * Returns the address of a Worker's module, whose path is below `src`. In the binary, all modules share
 * one address, and the files of Workers have their paths below it.
 */
export function findWorker(path: string): URL {
  const isBinary = import.meta.url.includes('$bunfs')
  return new URL(isBinary ? `./src/${path}` : `../${path}`, import.meta.url)
}
