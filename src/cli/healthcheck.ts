import { Fault } from '~/domain/faults.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
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
      const status = await fetchStatus(url)
      if (status !== 200) {
        throw new Fault('unavailable', `${url} returned ${status}: the server is not ready.`)
      }
      console.log('ready')
    })
}

async function fetchStatus(url: string): Promise<number> {
  // The certificate is for the public name of this server, not for its local address.
  const session = new Bun.FetchSession({ proxy: false, tls: { rejectUnauthorized: false } })
  try {
    const response = await session.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.status
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    const detail = `${url} does not respond (${reason}). Is the server running?`
    throw new Fault('unavailable', detail, { cause })
  }
}
