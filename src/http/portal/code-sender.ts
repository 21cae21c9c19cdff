import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { getMailDomain } from '~/domain/emails.ts'
import { Fault } from '~/domain/faults.ts'
import { isMailable, type SendResult } from '~/domain/mails.ts'
import { buildCodeMail } from '~/domain/portal-code-mails.ts'
import { SECOND_MS } from '~/domain/times.ts'

/** Codes that are being sent at the same time. */
const SENDING_MAX = 50
/** Sending begins later than the response, so that its time says nothing about the address. */
const DELAY_MS = 50
const DELAY_JITTER_MS = 200
/** The gaps between attempts, which end well before the code does. */
const gapsMs = [10 * SECOND_MS, 30 * SECOND_MS, 90 * SECOND_MS]

interface CodeMail {
  readonly code: string
  readonly customerEmail: string
  /** The value of Accept-Language. */
  readonly languages: string | null
}

type SenderDeps = Pick<
  Deps,
  'store' | 'sendMail' | 'config' | 'clock' | 'createId' | 'log' | 'metrics' | 'random'
>

/** Creates the sender of codes. They are only in memory, so that no file ever contains one. */
export function createCodeSender(deps: SenderDeps) {
  const { log, metrics } = deps
  let sending = 0

  return {
    /** Throws a Fault while too many codes are being sent. */
    requireRoom(): void {
      if (sending < SENDING_MAX) return
      throw new Fault('unavailable', 'Many codes are being sent at the moment. Try again soon.', {
        retryAfterSeconds: 30,
      })
    },
    /** Sends a code if its address has licenses. Returns at once. */
    sendLater(mail: CodeMail): void {
      sending += 1
      void sendIfKnown(deps, mail)
        .catch((error) => {
          metrics.failures.inc()
          log.error({ err: error }, 'attempt to send a code failed')
        })
        .finally(() => {
          sending -= 1
        })
    },
  }
}

async function sendIfKnown(deps: SenderDeps, mail: CodeMail): Promise<void> {
  const { store, metrics, log, random } = deps
  const { customerEmail } = mail
  await pause(DELAY_MS + DELAY_JITTER_MS * random())
  const { data } = await store.licenses.list({ customerEmail }, { limit: 1, after: null })
  if (data.length === 0 || !isMailable(customerEmail)) return
  const message = buildMessage(deps, mail)
  for (const gapMs of [...gapsMs, null]) {
    const result = await sendOnce(deps, message)
    metrics.mails.inc({ outcome: result.outcome })
    if (result.outcome === 'sent') return
    log.warn({ reason: result.reason }, 'a code was not sent')
    if (result.outcome === 'rejected' || gapMs === null) return
    await pause(gapMs)
  }
}

type Message = ReturnType<typeof buildMessage>

async function sendOnce({ sendMail }: SenderDeps, message: Message): Promise<SendResult> {
  assert(sendMail !== null, 'signing in by email needs a mail server')
  const result = await sendMail(message, new AbortController().signal)
  assert(result !== null, 'nothing interrupts the attempt')
  return result
}

function buildMessage(
  { config, clock, createId }: SenderDeps,
  { code, customerEmail, languages }: CodeMail,
) {
  const { mailFrom, brand, publicUrl, pages } = config
  assert(mailFrom !== null, 'a mail server and a sender go together')
  const from = mailFrom.name || brand.name
  const hasPage = publicUrl !== null && pages.includes('portal')
  const link = hasPage ? `${publicUrl}/portal#code=${code}` : null
  return {
    ...buildCodeMail({ code, brand: brand.name ?? (mailFrom.name || null), link, languages }),
    messageId: `<${createId('mail')}@${getMailDomain(mailFrom.address)}>`,
    fromName: from ?? '',
    from: mailFrom.address,
    toName: '',
    to: customerEmail,
    atMs: clock.nowMs(),
    html: null,
    attachment: null,
    secrets: [code],
  }
}

/** Does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref())
}
