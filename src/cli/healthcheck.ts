import { Fault } from '~/domain/faults.ts'
import { localUrlOf } from '~/platform/local-url.ts'
import type { AddCommand } from './program.ts'

/** With the start of the process, an answer within three seconds. */
const TIMEOUT_MS = 2500

export const addHealthcheck: AddCommand = (program, readSettings) => {
  program
    .command('healthcheck')
    .description('ask the server that the environment describes whether it is ready')
    .action(async () => {
      const { config } = readSettings()
      if (config.port === 0) {
        throw new Fault('unavailable', 'LICET_PORT is 0, so nobody knows where the server listens.')
      }
      const url = `${localUrlOf(config, config.port)}/readyz`
      const status = await askStatus(url)
      if (status !== 200) throw new Fault('unavailable', `${url} answered ${status}.`)
      console.log('ready')
    })
}

async function askStatus(url: string): Promise<number> {
  // The certificate is our own and bears another name than the loopback's; no proxy lies between.
  const session = new Bun.FetchSession({ proxy: false, tls: { rejectUnauthorized: false } })
  try {
    const response = await session.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.status
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('unavailable', `${url} does not answer: ${reason}`, { cause })
  }
}
