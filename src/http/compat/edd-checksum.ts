import { createHash } from 'node:crypto'

/** A value that a request has named; false if it has not. */
type Argument = string | number | false

/**
 * Returns the checksum that Software Licensing adds to a response, so that apps can tell for which request
 * it is: the MD5 of the arguments in JSON as PHP writes it, the longest first.
 */
export function computeChecksum(args: readonly Argument[]): string {
  const sorted = args.toSorted((one, other) => countBytes(other) - countBytes(one))
  const json = JSON.stringify(sorted)
    .replaceAll('/', String.raw`\/`)
    .replaceAll(/[\u0080-\uffff]/g, escapeUnit)
  return createHash('md5').update(json).digest('hex')
}

const countBytes = (arg: Argument) => (arg === false ? 0 : Buffer.byteLength(String(arg)))

const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
