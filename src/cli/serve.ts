import type { AddCommand } from './program.ts'

const variables = `
Environment variables (all optional, defaults in parentheses):
  LICET_HOST, LICET_PORT       address and port to listen on (127.0.0.1, 3000)
  LICET_TLS_CERT,
  LICET_TLS_KEY                PEM files for serving HTTPS without a proxy
  LICET_DATA_DIR               directory for everything Licet stores (./data)
  LICET_MASTER_SECRET          secret that encrypts stored keys: 32 bytes in base64
                               (created at first start in master.secret in the data directory)
  LICET_MASTER_SECRET_FILE     file that contains the master secret
  LICET_ADMIN_TOKEN            token of an API key with all scopes, 24–128 characters
  LICET_ALLOWED_HOSTS          host names that clients may use, separated by commas (any)
  LICET_TRUSTED_PROXIES        trusted proxy ranges, whose X-Forwarded-For is used
  LICET_COUNTRY_HEADER         header in which a trusted proxy sends the client's country
  LICET_GEOIP_DB               MaxMind-format country database
  LICET_IP_STORAGE             how client addresses are stored: full, truncated or none (truncated)
  LICET_HISTORY_DAYS           days that individual validations are kept (90)
  LICET_CACHE_MAX              maximum number of licenses in the cache (100000)
  LICET_CACHE_TTL_SECONDS      seconds that a license stays in the cache (300)
  LICET_WEBHOOK_ALLOW_CIDRS    private ranges that webhooks may reach
  LICET_LOG_LEVEL              debug, info, warn, error or silent (info)
  LICET_LOG_FORMAT             json or pretty (pretty on a terminal, otherwise json)`

export const addServe: AddCommand = (program, readSettings) => {
  program
    .command('serve')
    .description('start the server')
    .addHelpText('after', variables)
    .action(async () => {
      // Imported here, because the other commands start in half the time without it.
      const { serve } = await import('~/server/serve.ts')
      await serve(readSettings())
    })
}
