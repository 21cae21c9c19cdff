import { type MailKind, mailKinds } from './mails.ts'

/** The placeholders of templates. */
export const placeholders = [
  'key',
  'product',
  'plan',
  'license_id',
  'customer_name',
  'customer_email',
  'expires_on',
  'expires_at',
  'file_name',
  'file_expires_on',
  'brand',
  'brand_logo',
  'brand_color',
  'support',
  'support_url',
  'public_url',
] as const
export type Placeholder = (typeof placeholders)[number]

/** The text for each placeholder, which is empty if there is nothing to say. */
export type TemplateValues = Readonly<Record<Placeholder, string>>

/** A text with placeholders. A section is rendered only if its placeholder is empty, or is not. */
export type Template = readonly (
  | string
  | { readonly name: Placeholder }
  | { readonly name: Placeholder; readonly ifEmpty: boolean; readonly section: Template }
)[]

/** The parts of a mail. `html` is null for a mail in plain text only. */
export interface MailTemplate {
  readonly subject: Template
  readonly text: Template
  readonly html: Template | null
}

export type MailTemplates = Readonly<Record<MailKind, MailTemplate>>

/** The files that a directory of templates may contain. */
export const templateFiles: readonly string[] = mailKinds.flatMap((kind) => [
  `${kind}.txt`,
  `${kind}.html`,
])

const TAG = /\{\{\s*([#^/]?)\s*([^{}]*?)\s*\}\}/g
const LONELY_SECTION_TAG = /^[ \t]*(\{\{\s*[#^/][^{}]*\}\})[ \t]*\r?\n/gm
const SUBJECT = /^Subject:[ \t]*(\S.*)\r?\n(?:[ \t]*\r?\n)*/

/**
 * Parses a template: `{{name}}`, `{{#name}}…{{/name}}` if there is a value, `{{^name}}…{{/name}}` if
 * there is none. Throws an Error whose message follows the name of a file.
 */
export function parseTemplate(text: string): Template {
  const source = text.replace(LONELY_SECTION_TAG, '$1')
  if (/\{\{\{|\{\{(?![^{}]*\}\})/.test(source)) {
    throw new Error('has {{ without a name and }} after it.')
  }
  type Open = { readonly name: Placeholder; readonly ifEmpty: boolean; readonly outer: Part[] }
  type Part = Template[number]
  const open: Open[] = []
  let parts: Part[] = []
  let end = 0
  for (const { 0: tag, 1: sign, 2: word = '', index } of source.matchAll(TAG)) {
    parts.push(source.slice(end, index))
    end = index + tag.length
    const name = parseName(word)
    if (sign === '/') {
      const section = open.pop()
      if (section?.name !== name)
        throw new Error(`has {{/${name}}} without {{#${name}}} before it.`)
      const { outer, ifEmpty } = section
      outer.push({ name, ifEmpty, section: parts })
      parts = outer
    } else if (sign === '') parts.push({ name })
    else {
      open.push({ name, ifEmpty: sign === '^', outer: parts })
      parts = []
    }
  }
  const [unclosed] = open
  if (unclosed !== undefined)
    throw new Error(`has {{#${unclosed.name}}} without {{/${unclosed.name}}}.`)
  return [...parts, source.slice(end)]
}

function parseName(word: string): Placeholder {
  const name = placeholders.find((each) => each === word)
  if (name !== undefined) return name
  throw new Error(
    `has the unknown placeholder {{${word}}}. Use any of: ${placeholders.join(', ')}.`,
  )
}

/** Parses a `.txt` file, which starts with the subject. Throws as `parseTemplate` does. */
export function parseTextFile(text: string): Pick<MailTemplate, 'subject' | 'text'> {
  const match = SUBJECT.exec(text)
  if (match === null) throw new Error('must start with a line such as: Subject: Your license key')
  const [head, subject = ''] = match
  return { subject: parseTemplate(subject), text: parseTemplate(text.slice(head.length)) }
}

/** Renders a template. `escapeValue` is applied to each value. */
export function renderTemplate(
  template: Template,
  values: TemplateValues,
  escapeValue: (value: string) => string,
): string {
  const texts = template.map((part) => {
    if (typeof part === 'string') return part
    if (!('section' in part)) return escapeValue(values[part.name])
    const isShown = (values[part.name] === '') === part.ifEmpty
    return isShown ? renderTemplate(part.section, values, escapeValue) : ''
  })
  return texts.join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
