import { readEdgeConfig } from '~/platform/config-edge.ts'
import type { AddCommand } from './program.ts'

const variables = `
An edge confirms licenses that it knows, and forwards everything else to its primary.

Environment variables (defaults in parentheses):
  LICET_EDGE_TOKEN         token of the edge, from: licet edges create NAME (required)
  LICET_HOST               address to listen on (127.0.0.1)
  LICET_PORT               port to listen on (3000)
  LICET_TLS_CERT           PEM certificate, for HTTPS without a proxy; reread when
                           it changes and on SIGHUP
  LICET_TLS_KEY            PEM private key of that certificate
  LICET_DATA_DIR           directory for usage that is not delivered yet (./data)
  LICET_TRUSTED_PROXIES    address ranges of trusted proxies, for X-Forwarded-For
  LICET_RATE_LIMIT_ADDRESS requests per minute that each address may send (any
                           number)
  LICET_COUNTRY_HEADER     header in which a trusted proxy sends the country
  LICET_GEOIP_DB           MaxMind-format country database
  LICET_IP_STORAGE         how IP addresses are sent on: full, truncated or none
                           (truncated)
  LICET_CACHE_MAX          maximum number of licenses that it knows (100000)
  LICET_CACHE_TTL_SECONDS  seconds until it reads again what it knows (300)
  LICET_COMPAT             other products whose client APIs it forwards, as on its
                           primary: trafficorchestrator, lemonsqueezy, gumroad,
                           edd, keygen (none)
  LICET_LOG_LEVEL          debug, info, warn, error or silent (info)
  LICET_LOG_FORMAT         json or pretty (pretty on a terminal, else json)`

export const addEdge: AddCommand = (program) => {
  program
    .command('edge')
    .description('start an edge, which validates licenses near the users')
    .requiredOption('--primary <url>', 'URL of the server that has the licenses')
    .option(
      '--on-partition <mode>',
      'while the primary is unreachable: forward, or stale=DURATION for how long known licenses stay valid, in s, m, h or d, such as stale=30m',
      'stale=1h',
    )
    .addHelpText('after', variables)
    .action(async (options: { readonly primary: string; readonly onPartition: string }) => {
      const settings = readEdgeConfig(process.env, process.stdout.isTTY === true, options)
      // Imported here, because the other commands start in half the time without it.
      const { serveEdge } = await import('~/server/serve-edge.ts')
      await serveEdge(settings)
    })
}
