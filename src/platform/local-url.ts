import type { Config } from './config.ts'

/** Builds the URL of the server on this machine, such as `https://127.0.0.1:3000`. */
export function buildLocalUrl({ host, tls }: Pick<Config, 'host' | 'tls'>, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const hostPart = name.includes(':') ? `[${name}]` : name
  return `${tls === null ? 'http' : 'https'}://${hostPart}:${port}`
}
