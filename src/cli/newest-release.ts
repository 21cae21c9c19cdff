import { Value } from '@sinclair/typebox/value'
import { Fault } from '~/domain/faults.ts'
import { ReleaseDocument } from '~/wire/releases.ts'

/** The whole request, with the response. */
const TIMEOUT_MS = 10_000
const BODY_BYTES_MAX = 65_536

/**
 * Reads the newest release from its `release.json`. The request says neither the version nor anything else about
 * this server. Throws a Fault `unavailable` if there is no valid response.
 */
export async function fetchRelease(url: string): Promise<ReleaseDocument> {
  const text = await fetchText(url)
  const document = parseJson(text)
  if (Value.Check(ReleaseDocument, document)) return document
  const [error] = Value.Errors(ReleaseDocument, document)
  const where = error?.path ? `${error.path} is wrong` : 'it is no object'
  throw fail(url, `is not the release.json of a release: ${where}. Check the address.`)
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': 'licet' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw fail(url, explainStatus(response.status))
    }
    return await readText(url, response)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const isLate = cause instanceof Error && cause.name === 'TimeoutError'
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    const reason = isLate ? `no complete response in ${TIMEOUT_MS / 1000} seconds` : code
    throw fail(url, `cannot be read (${reason}). Check the address and the connection.`, cause)
  }
}

function explainStatus(status: number): string {
  if (status >= 300 && status < 400) {
    return `redirects (${status}). Set LICET_UPDATE_URL to the address that it leads to.`
  }
  return `returned ${status} instead of 200. Check the address.`
}

/** Stops reading a response that is too long, however long it says it is. */
async function readText(url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) {
      throw fail(url, `returned more than ${BODY_BYTES_MAX} bytes, so it is no release.json.`)
    }
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Returns undefined for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fail(url: string, problem: string, cause?: unknown): Fault {
  return new Fault('unavailable', `LICET_UPDATE_URL (${url}) ${problem}`, { cause })
}
