import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { type Config, readConfig } from '~/platform/config.ts'
import { openTestApp, type TestApp } from './app.ts'
import { testCertificate, testCertificateKey } from './certificates.ts'

export const MAIL_FROM = 'Acme Software <licenses@acme.example>'

/** A message that the server has accepted. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly isSecure: boolean
  /** The user that has logged in; null without a login. */
  readonly user: string | null
  readonly raw: string
  readonly mail: Awaited<ReturnType<typeof simpleParser>>
}

export interface MailServerOptions {
  readonly port?: number
  readonly tls?: 'none' | 'starttls' | 'implicit'
  readonly credentials?: { readonly user: string; readonly password: string }
  /** Throws to refuse a recipient or, later, the message. */
  readonly onRecipient?: (address: string) => void
  readonly onMessage?: (received: ReceivedMail) => void | Promise<void>
  readonly more?: SMTPServerOptions
}

export interface MailServer extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** The logins that were tried, successful or not. */
  readonly logins: readonly string[]
  /** Resolves once this many messages were accepted. */
  readonly waitForMails: (count: number) => Promise<void>
}

/** Returns what a mail server responds, with this status. */
export function refusal(status: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: status })
}

/** Starts a mail server on 127.0.0.1, with the certificate of the tests. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { port = 0, tls = 'none', credentials, onRecipient, onMessage, more } = options
  const mails: ReceivedMail[] = []
  const logins: string[] = []
  let arrival = Promise.withResolvers<void>()
  const server = new SMTPServer({
    logger: false,
    secure: tls === 'implicit',
    cert: testCertificate,
    key: testCertificateKey,
    disabledCommands: [
      ...(tls === 'starttls' ? [] : ['STARTTLS']),
      ...(credentials ? [] : ['AUTH']),
    ],
    // So that a client that would send its password in clear text is caught.
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth({ username = '', password }, _session, callback) {
      logins.push(username)
      const isRight = username === credentials?.user && password === credentials.password
      if (isRight) callback(null, { user: username })
      else callback(refusal(535, `no such login: ${username} ${password}`))
    },
    onRcptTo: ({ address }, _session, callback) => callback(errorOf(() => onRecipient?.(address))),
    onData(stream, { envelope, secure, user }, callback) {
      const receive = async () => {
        const chunks: Buffer[] = []
        for await (const chunk of stream) chunks.push(chunk)
        const raw = Buffer.concat(chunks).toString('utf8')
        const received = {
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          isSecure: secure,
          user: typeof user === 'string' ? user : null,
          raw,
          mail: await simpleParser(raw),
        }
        await onMessage?.(received)
        mails.push(received)
        arrival.resolve()
        arrival = Promise.withResolvers()
      }
      receive().then(() => callback(), callback)
    },
    ...more,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return {
    port: address.port,
    mails,
    logins,
    waitForMails: async (count) => {
      while (mails.length < count) await arrival.promise
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function errorOf(check: () => void): Error | null {
  try {
    check()
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error('refused')
  }
}

/** Opens the application with this mail server, and other variables. */
export function openMailApp(
  smtpUrl: string,
  env: Readonly<Record<string, string>> = {},
  config: Partial<Config> = {},
): Promise<TestApp> {
  const settings = readMailSettings(smtpUrl, env)
  return openTestApp({ ...settings.config, ...config }, settings.smtp)
}

/** Returns the settings of an application that sends through this mail server. */
export function readMailSettings(smtpUrl: string, env: Readonly<Record<string, string>> = {}) {
  const variables = { LICET_SMTP_URL: smtpUrl, LICET_MAIL_FROM: MAIL_FROM, ...env }
  const { config, secrets } = readConfig(variables, false)
  const { dataDir: _dataDir, ...rest } = config
  return { config: rest, smtp: secrets.smtp }
}

export const smtpUrlOf = ({ port }: Pick<MailServer, 'port'>) => `smtp://127.0.0.1:${port}`
