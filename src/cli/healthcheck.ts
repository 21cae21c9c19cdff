import { Fault } from '~/domain/faults.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'

/** Together with the start of the process, this stays within three seconds. */
const TIMEOUT_MS = 2500

export const addHealthcheck: AddCommand = (program, readSettings) => {
  program
    .command('healthcheck')
    .description('check whether the server at LICET_HOST and LICET_PORT is ready')
    .action(async () => {
      const { config } = readSettings()
      if (config.port === 0) {
        const detail = 'LICET_PORT is 0. Set it to the port that the server listens on.'
        throw new Fault('unavailable', detail)
      }
      const url = `${buildLocalUrl(config, config.port)}/readyz`
      const response = await fetchReadiness(url)
      if (response.status !== 200) {
        const detail = `${url} returned ${response.status}: the server is not ready.`
        throw new Fault('unavailable', detail)
      }
      const { reasons } = (await response.json()) as { readonly reasons?: readonly string[] }
      printLine(reasons === undefined ? 'ready' : `ready, but degraded: ${reasons.join(', ')}`)
    })
}

async function fetchReadiness(url: string): Promise<Response> {
  // The certificate is for the public name of this server, not for its local address.
  const session = new Bun.FetchSession({ proxy: false, tls: { rejectUnauthorized: false } })
  try {
    return await session.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    const detail = `${url} does not respond (${reason}). Is the server running?`
    throw new Fault('unavailable', detail, { cause })
  }
}
