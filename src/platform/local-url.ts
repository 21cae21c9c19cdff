import type { Config } from './config.ts'

/** Where this machine reaches the server, e.g. `https://127.0.0.1:3000`. */
export function localUrlOf({ host, tls }: Pick<Config, 'host' | 'tls'>, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const shown = name.includes(':') ? `[${name}]` : name
  return `${tls === null ? 'http' : 'https'}://${shown}:${port}`
}
