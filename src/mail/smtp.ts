import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
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
const NOT_ASCII = /[^\0-\x7f]/
const TOO_LATE = 'The mail server did not respond in time.'
const NO_UTF8 =
  'The mail server does not support addresses with other letters than A–Z before the @ (SMTPUTF8).'

/** Sends a message. Returns null if `signal` ended it. Never throws because of the mail server. */
export type SendMail = (message: Message, signal: AbortSignal) => Promise<SendResult | null>

/** Creates the way to send mails. Each message has a connection of its own. */
export function createSmtp(settings: SmtpSettings): SendMail {
  return async (message, stopping) => {
    const deadline = AbortSignal.timeout(ATTEMPT_MS)
    const connection = new SMTPConnection(toOptions(settings))
    const failed = Promise.withResolvers<never>()
    connection.on('error', failed.reject)
    const signal = AbortSignal.any([deadline, stopping])
    signal.addEventListener('abort', () => failed.reject(signal.reason))
    try {
      return await Promise.race([deliver(connection, settings, message), failed.promise])
    } catch (error) {
      if (stopping.aborted) return null
      if (deadline.aborted) return { outcome: 'deferred', reason: TOO_LATE }
      return explainFailure(error, listSecrets(settings, message))
    } finally {
      connection.close()
    }
  }
}

function toOptions({ host, port, tls, ca, verifiesCertificate }: SmtpSettings) {
  return {
    host,
    port,
    secure: tls === 'implicit',
    // Otherwise, a server that offers no STARTTLS would get the password in clear text.
    requireTLS: tls === 'required',
    tls: { rejectUnauthorized: verifiesCertificate, ...(ca !== null && { ca }) },
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
  }
}

async function deliver(
  connection: SMTPConnection,
  { credentials }: SmtpSettings,
  message: Message,
): Promise<SendResult> {
  await finish((done) => connection.connect(done))
  // The last response is the one to EHLO, which lists what the server supports.
  const supportsUtf8 = /[ -]SMTPUTF8\b/i.test(String(connection.lastServerResponse))
  if (!supportsUtf8 && NOT_ASCII.test(message.from + message.to)) {
    return { outcome: 'rejected', reason: NO_UTF8 }
  }
  if (credentials !== null && connection.allowsAuth) {
    const { user, password: pass } = credentials
    await finish((done) => connection.login({ credentials: { user, pass } }, done))
  }
  const mime = new MailComposer(toMail(message)).compile()
  const envelope = { from: message.from, to: [message.to] }
  await finish((done) => connection.send(envelope, mime.createReadStream(), done))
  return { outcome: 'sent' }
}

/** Resolves when a call of nodemailer is done. */
function finish(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())))
}

function listSecrets({ credentials }: SmtpSettings, { to, secrets }: Message): readonly string[] {
  const { user = '', password = '' } = credentials ?? {}
  return [...secrets, user, password, to.slice(0, to.lastIndexOf('@'))]
}

function toMail(message: Message) {
  const { messageId, from, fromName, to, toName, atMs, subject, text, html, attachment } = message
  const attachments = attachment && [
    { filename: attachment.name, content: attachment.text, contentType: 'text/plain' },
  ]
  return {
    messageId,
    date: new Date(atMs),
    from: { name: fromName, address: from },
    to: { name: toName, address: to },
    subject,
    text,
    ...(html !== null && { html }),
    ...(attachments && { attachments }),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
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
  ETIMEDOUT: TOO_LATE,
  ECONNECTION: 'The connection to the mail server failed.',
  ESOCKET: 'The connection to the mail server failed.',
  EPROTOCOL: 'The mail server sent an invalid response.',
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
