import { expect, test } from 'bun:test'
import {
  escapeHtml,
  parseTemplate,
  parseTextFile,
  placeholders,
  renderTemplate,
  type TemplateValues,
} from '~/domain/mail-templates.ts'

const empty = Object.fromEntries(placeholders.map((name) => [name, ''])) as TemplateValues
const asIs = (value: string) => value
const render = (text: string, values: Partial<TemplateValues> = {}) =>
  renderTemplate(parseTemplate(text), { ...empty, ...values }, asIs)

test.each([
  ['Key: {{key}}!', 'Key: A-B!'],
  ['{{ key }}{{key}}', 'A-BA-B'],
  ['{{#plan}}Plan: {{plan}}{{/plan}}', ''],
  ['{{#key}}Key: {{key}}{{/key}}', 'Key: A-B'],
  ['{{^plan}}No plan{{/plan}}{{^key}}No key{{/key}}', 'No plan'],
  ['{{#key}}a{{#plan}}b{{/plan}}{{^plan}}c{{/plan}}d{{/key}}', 'acd'],
  ['one\n{{#key}}\ntwo\n{{/key}}\nthree', 'one\ntwo\nthree'],
  ['one\r\n{{#plan}}\r\ntwo\r\n{{/plan}}\r\nthree', 'one\r\nthree'],
  ['p { color: red }} {key} { {key} }', 'p { color: red }} {key} { {key} }'],
  ['', ''],
])('templates: %p is rendered as %p', (text, expected) => {
  expect(render(text, { key: 'A-B' })).toBe(expected)
})

test.each([
  ['{{keys}}', 'unknown placeholder {{keys}}'],
  ['{{}}', 'unknown placeholder {{}}'],
  ['{{#key}}', '{{#key}} without {{/key}}'],
  ['{{/key}}', '{{/key}} without {{#key}}'],
  ['{{#key}}{{#plan}}{{/key}}{{/plan}}', 'without'],
  ['{{{key}}}', '{{ without'],
  ['{{key}', '{{ without'],
  ['{{ key', '{{ without'],
  ['{{> key}}', 'unknown placeholder'],
  ['{{constructor}}', 'unknown placeholder'],
])('templates: %p is rejected, because it has %p', (text, words) => {
  expect(() => parseTemplate(text)).toThrow(words)
})

test('templates: values are not rendered again, and are escaped in HTML', () => {
  expect(render('{{plan}}', { plan: '{{key}}', key: 'secret' })).toBe('{{key}}')
  const html = renderTemplate(
    parseTemplate('<b title="{{plan}}">'),
    { ...empty, plan: `"><script>'&` },
    escapeHtml,
  )
  expect(html).toBe('<b title="&quot;&gt;&lt;script&gt;&#39;&amp;">')
})

test.each([
  'Subject: Your key\n\nHello',
  'Subject: Your key\r\n\r\nHello',
  'Subject:Your key\nHello',
])('templates: %p is a subject and a text', (text) => {
  const { subject, text: body } = parseTextFile(text)
  expect(renderTemplate(subject, empty, asIs)).toBe('Your key')
  expect(renderTemplate(body, empty, asIs)).toBe('Hello')
})

test.each(['Hello', '', 'Subject:\nHello', 'Subject: Your key', '\nSubject: Your key\nHello'])(
  'templates: the text file %p is rejected, because it has no subject and text',
  (text) => {
    expect(() => parseTextFile(text)).toThrow('Subject: Your license key')
  },
)
