import { createTransport } from 'nodemailer'
import type { SendResult } from '~/domain/mails.ts'
import { cutText, replaceInvisible } from '~/domain/text.ts'
import type { SmtpSettings } from '~/platform/config-mail.ts'
import type { Message } from './message.ts'

const CONNECT_MS = 10_000
const GREETING_MS = 10_000
const SILENCE_MS = 20_000
/** For the whole attempt, which must end before its claim does. */
const ATTEMPT_MS = 60_000
const REASON_MAX = 300

/** Sends a message. Returns null if `signal` ended it. Never throws because of the mail server. */
export type SendMail = (message: Message, signal: AbortSignal) => Promise<SendResult | null>

/** Creates the way to send mails. Each message has a connection of its own. */
export function createSmtp(settings: SmtpSettings): SendMail {
  const { host, port, credentials, tls, ca, verifiesCertificate } = settings
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    // Otherwise, a server that offers no STARTTLS would get the password in clear text.
    requireTLS: tls === 'required',
    tls: { rejectUnauthorized: verifiesCertificate, ...(ca !== null && { ca }) },
    ...(credentials !== null && { auth: { user: credentials.user, pass: credentials.password } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (message, stopping) => {
    const deadline = AbortSignal.timeout(ATTEMPT_MS)
    try {
      const signal = AbortSignal.any([deadline, stopping])
      await transport.sendMail({ ...toMail(message), signal })
      return { outcome: 'sent' }
    } catch (error) {
      if (stopping.aborted) return null
      const { user = '', password = '' } = credentials ?? {}
      const localPart = message.to.slice(0, message.to.lastIndexOf('@'))
      return explainFailure(error, [...message.secrets, user, password, localPart])
    }
  }
}

function toMail({ messageId, from, fromName, to, toName, atMs, subject, text, html }: Message) {
  return {
    messageId,
    date: new Date(atMs),
    from: { name: fromName, address: from },
    to: { name: toName, address: to },
    envelope: { from, to: [to] },
    subject,
    text,
    ...(html !== null && { html }),
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

interface SmtpError {
  readonly code?: string
  readonly responseCode?: number
  readonly response?: string
  readonly command?: string
  readonly message: string
}

const sentences: Readonly<Record<string, string>> = {
  EDNS: 'The host of LICET_SMTP_URL was not found.',
  ETIMEDOUT: 'The mail server did not respond in time.',
  ECONNECTION: 'The connection to the mail server failed.',
  ESOCKET: 'The connection to the mail server failed.',
  EPROTOCOL: 'The mail server sent an invalid response.',
  EABORT: 'The mail server did not respond in time.',
  ETLS: 'The mail server offers no TLS, which LICET_SMTP_URL requires.',
  EAUTH: 'The mail server refused the user name or password of LICET_SMTP_URL.',
  EENVELOPE: 'The mail server refused the sender or the recipient.',
  EMESSAGE: 'The mail server refused the message.',
}

/** Refusals of the sender, recipient or message. Others concern the server, not this mail. */
const aboutTheMail = ['EENVELOPE', 'EMESSAGE']

/** Rethrows an error without a code, because it is a bug and not a failure of the server. */
function explainFailure(error: unknown, secrets: readonly string[]): SendResult {
  if (!isSmtpError(error)) throw error
  const { code, responseCode = 0, response } = error
  // The response to a refused login or STARTTLS is left out, because it may repeat what was sent.
  const detail = aboutTheMail.includes(code) ? response : findTlsDetail(error)
  const sentence = sentences[code] ?? sentences.ESOCKET ?? ''
  const reason = detail === undefined ? sentence : `${sentence} ${redact(detail, secrets)}`
  const isFinal = aboutTheMail.includes(code) && (responseCode === 0 || responseCode >= 500)
  return { outcome: isFinal ? 'rejected' : 'deferred', reason }
}

function isSmtpError(error: unknown): error is SmtpError & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

/** Returns why a certificate is not trusted. */
function findTlsDetail({ message, response }: SmtpError): string | undefined {
  return response === undefined && /certificate|self.signed/i.test(message) ? message : undefined
}

/** Makes one short line without addresses and secrets. */
function redact(text: string, secrets: readonly string[]): string {
  let line = replaceInvisible(text.replace(/\s+/g, ' '), '')
  for (const secret of secrets) if (secret !== '') line = line.replaceAll(secret, '…')
  return cutText(line.replace(/[^\s<>"'()]*@[^\s<>"'()]*/g, '…').trim(), REASON_MAX)
}
