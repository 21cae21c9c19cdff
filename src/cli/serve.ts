import type { AddCommand } from './program.ts'

const variables = `
Environment variables (all optional, defaults in parentheses):
  LICET_HOST                 address to listen on (127.0.0.1)
  LICET_PORT                 port to listen on (3000)
  LICET_TLS_CERT             PEM certificate, for HTTPS without a proxy; reread
                             when it changes and on SIGHUP
  LICET_TLS_KEY              PEM private key of that certificate
  LICET_DATA_DIR             directory for everything Licet stores (./data)
  LICET_DATABASE_URL         PostgreSQL database that several servers can share,
                             such as postgres://user:password@host:5432/licet;
                             needs LICET_MASTER_SECRET (SQLite in LICET_DATA_DIR)
  LICET_CHECKPOINTS          own, or external if another program such as Litestream
                             moves the log into the database file (own)
  LICET_OUTAGE_SECONDS       seconds that validations are answered from memory
                             while that database cannot be reached (0)
  LICET_MASTER_SECRET        32 bytes in base64 that encrypt all stored secrets
                             (created once, as master.secret in the data directory)
  LICET_MASTER_SECRET_FILE   file that contains the master secret
  LICET_MASTER_SECRET_COMMAND
                             command that prints the master secret; no shell runs it
  LICET_ADMIN_TOKEN          token of an admin API key: 24–128 characters
  LICET_ALLOWED_HOSTS        host names that clients may use (any)
  LICET_TRUSTED_PROXIES      address ranges of trusted proxies, for X-Forwarded-For
  LICET_RATE_LIMIT_API_KEY   requests per minute that each API key may send (any
                             number)
  LICET_RATE_LIMIT_ADDRESS   requests per minute without a token that each address
                             may send (any number)
  LICET_COUNTRY_HEADER       header in which a trusted proxy sends the country
  LICET_GEOIP_DB             MaxMind-format country database
  LICET_IP_STORAGE           how IP addresses are stored: full, truncated or none
                             (truncated)
  LICET_HISTORY_DAYS         days to keep individual validations (90)
  LICET_BACKUP_CRON          when backups are made, such as 30 2 * * * (five fields
                             in UTC)
  LICET_BACKUP_TO            where they go: a folder, or s3://bucket/prefix with the
                             variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                             AWS_REGION, AWS_ENDPOINT (backups in the data directory)
  LICET_BACKUP_KEEP          how many of them are kept (30)
  LICET_BACKUP_KEEP_DAYS     for how many days they are kept
  LICET_BACKUP_USAGE         true also backs up the usage history (false)
  LICET_BACKUP_RECIPIENT     public key of age that backups are encrypted for
  LICET_BACKUP_PASSPHRASE    passphrase that they are encrypted with instead
  LICET_BACKUP_PASSPHRASE_FILE
                             file that contains this passphrase
  LICET_BACKUPS_KEPT         how many backups made over HTTP are kept (30)
  LICET_CACHE_MAX            maximum number of licenses in the cache (100000)
  LICET_CACHE_TTL_SECONDS    seconds that a license stays in the cache (300)
  LICET_WEBHOOK_ALLOW_CIDRS  private address ranges that webhooks may reach
  LICET_STRIPE_SECRETS, LICET_PADDLE_SECRETS, LICET_LEMONSQUEEZY_SECRETS,
  LICET_POLAR_SECRETS, LICET_STANDARD_SECRETS
                             signing secrets of checkout events; a provider
                             without any is not accepted
  LICET_STRIPE_API_KEY, LICET_PADDLE_API_KEY
                             restricted keys, to look up what an event lacks
  LICET_CHECKOUT_DAYS        days to keep raw checkout events and mails (90)
  LICET_CHECKOUT_TEST        events of test mode: ignore, or accept to create
                             licenses (ignore)
  LICET_KEYGEN_PRIVATE_KEY   Ed25519 private key of a Keygen account, which signs
                             responses to its apps: 64 hexadecimal digits or PEM
  LICET_KEYGEN_PRIVATE_KEY_FILE
                             file that contains this key
  LICET_SMTP_URL             mail server, such as smtp://user:password@host:587;
                             without it, no mail is sent
  LICET_MAIL_FROM            sender, such as Acme <licenses@example.com>
  LICET_MAIL_TEMPLATES       directory of templates that replace the built-in ones
  LICET_PUBLIC_URL           https URL of this server, for links in emails and
                             to the dashboard
  LICET_BRAND_NAME, LICET_BRAND_LOGO, LICET_BRAND_COLOR
                             name, path or https URL of an image, and color such
                             as #0a7cff
  LICET_SUPPORT_URL          https URL or email address for questions of customers
  LICET_RENEW_URL            https URL on which customers renew a license, such as
                             https://example.com/renew?license={license}
  LICET_PAGES                pages to serve: admin, portal or none (admin,portal)
  LICET_PORTAL               how customers sign in to the portal: key, mail or off
                             (key, and mail with a mail server)
  LICET_COMPAT               other products whose client APIs Licet answers, for
                             apps that were shipped with them: trafficorchestrator,
                             lemonsqueezy, gumroad, edd, keygen (none)
  LICET_UPDATE_URL           address of the release.json of the newest release, for
                             licet update --check
  LICET_LOG_LEVEL            debug, info, warn, error or silent (info)
  LICET_LOG_FORMAT           json or pretty (pretty on a terminal, else json)
Lists are separated by commas.`

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
