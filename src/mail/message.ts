import { formatEmail } from '~/domain/emails.ts'
import { getMailLogo } from '~/domain/logos.ts'
import {
  escapeHtml,
  type MailTemplate,
  renderTemplate,
  type TemplateValues,
} from '~/domain/mail-templates.ts'
import { cleanName } from '~/domain/text.ts'
import { TIME_MAX_MS, toTimestamp } from '~/domain/times.ts'
import type { Config } from '~/platform/config.ts'
import { ARMOR_COLUMNS } from '~/signing/armor.ts'
import type { ClaimedMail } from '~/store/mails-port.ts'

const NAME_MAX = 200
const SUBJECT_MAX = 300
/** A buyer can enter any name and address, so a name must not bring a link to a stranger. */
const LINK = /@|:\/\/|[\p{L}\p{N}-]\.[\p{L}\p{N}-]{2,}/u
const NEUTRAL_COLOR = '#888888'
const dates = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' })
const formatDay = (timeMs: number) => (timeMs >= TIME_MAX_MS ? '' : dates.format(timeMs))

/** A mail that is ready to be sent. */
export interface Message {
  readonly messageId: string
  readonly fromName: string
  readonly from: string
  readonly toName: string
  readonly to: string
  readonly atMs: number
  readonly subject: string
  readonly text: string
  readonly html: string | null
  readonly attachment: { readonly name: string; readonly text: string } | null
  /** Texts that no error message may contain. */
  readonly secrets: readonly string[]
}

type MessageConfig = Pick<Config, 'mailFrom' | 'brand' | 'supportUrl' | 'publicUrl'>

/** The license of a mail, with the key to show. */
export interface MailSubject extends Pick<ClaimedMail, 'license' | 'plan' | 'product'> {
  readonly key: string
  /** The license file to attach, and when it stops working. */
  readonly file: { readonly text: string; readonly expiresAtMs: number } | null
}

/** Renders a mail about a license as it is now. */
export function buildMessage(
  config: MessageConfig,
  template: MailTemplate,
  about: MailSubject,
  { messageId, to, atMs }: Pick<Message, 'messageId' | 'to' | 'atMs'>,
): Message {
  const { mailFrom, brand } = config
  const values = buildValues(config, about)
  const { file } = about
  const subject = renderTemplate(template.subject, values, (value) => value)
  return {
    messageId,
    fromName: mailFrom?.name || (brand.name ?? ''),
    from: mailFrom?.address ?? '',
    toName: values.customer_name,
    to,
    atMs,
    subject: cleanName(subject, SUBJECT_MAX) ?? values.product,
    text: renderTemplate(template.text, values, (value) => value),
    html: template.html && renderTemplate(template.html, values, escapeHtml),
    attachment: file && { name: values.file_name, text: file.text },
    secrets: [values.key, values.customer_name, ...listLines(file?.text ?? '')],
  }
}

/** A mail server that rejects a message may repeat a part of the file, which is wrapped. */
const listLines = (text: string) => text.split('\n').filter((line) => line.length === ARMOR_COLUMNS)

/** Each value is one line, so that none can add headers or paragraphs. */
function buildValues(
  { brand, supportUrl, publicUrl }: MessageConfig,
  { license, plan, product, key, file }: MailSubject,
): TemplateValues {
  const { expiresAtMs, customerEmail } = license
  const line = (text: string | null) => cleanName(text, NAME_MAX) ?? ''
  const customerName = line(license.customerName)
  return {
    key,
    product: line(product.name),
    plan: line(plan.name),
    license_id: license.id,
    customer_name: LINK.test(customerName) ? '' : customerName,
    customer_email: customerEmail === null ? '' : formatEmail(customerEmail),
    expires_on: expiresAtMs === null ? '' : dates.format(expiresAtMs),
    expires_at: expiresAtMs === null ? '' : toTimestamp(expiresAtMs),
    file_name: file === null ? '' : `${product.slug}-license.txt`,
    file_expires_on: file === null ? '' : formatDay(file.expiresAtMs),
    brand: brand.name ?? line(product.name),
    brand_logo: getMailLogo(brand.logo, publicUrl) ?? '',
    brand_color: brand.color ?? NEUTRAL_COLOR,
    support: supportUrl?.replace(/^mailto:/, '') ?? '',
    support_url: supportUrl ?? '',
    public_url: publicUrl ?? '',
  }
}
