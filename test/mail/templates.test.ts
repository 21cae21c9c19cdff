import { expect, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendMails } from '~/jobs/send-mails.ts'
import { builtInTemplates } from '~/mail/templates.ts'
import { runJob } from '../support/jobs.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../support/mail-server.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const order = {
  plan: 'professional',
  customer_email: 'dev@example.com',
  customer_name: 'Ada <i>Lovelace</i>',
  expires_at: '2027-03-06T00:00:00Z',
}

/** Sends the key of a license. Returns the message, and the license. */
async function sendOne(env: Readonly<Record<string, string>>, fields: object = order) {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server), env)
  const license = await app.createLicense(fields)
  await app.send('POST', `/api/v1/licenses/${license.id}/mail`)
  await runJob(sendMails, app.deps)
  const [received] = server.mails
  if (received === undefined) throw new Error('no mail has arrived')
  return { ...received, license }
}

/** Sends the key with these files as templates. */
async function sendWith(files: Readonly<Record<string, string>>) {
  const directory = createScratchDirectory()
  try {
    const templates = join(directory, 'templates')
    mkdirSync(templates)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(templates, name), text)
    return await sendOne({ LICET_MAIL_TEMPLATES: templates })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('templates: the brand and the support address are in the mail, and no link leads elsewhere', async () => {
  const { mail } = await sendOne({
    LICET_BRAND_NAME: 'Acme & Co',
    LICET_BRAND_LOGO: 'https://acme.example/logo.png?a=1&b=2',
    LICET_BRAND_COLOR: '#0a7cff',
    LICET_SUPPORT_URL: 'help@acme.example',
    LICET_PUBLIC_URL: 'https://licenses.acme.example',
  })
  expect(mail.text).toContain('Contact our support: help@acme.example')
  expect(mail.text).toContain('Valid until: March 6, 2027')
  expect(mail.text).toEndWith('Acme & Co\n')
  const html = mail.html || ''
  expect(html).toContain('<img src="https://acme.example/logo.png?a=1&amp;b=2" alt="Acme &amp; Co"')
  expect(html).toContain('#0a7cff')
  expect(html).toContain('Ada &lt;i&gt;Lovelace&lt;/i&gt;')
  const links = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link)
  expect(links).toEqual(['https://acme.example/logo.png?a=1&amp;b=2', 'mailto:help@acme.example'])
})

test('templates: without a brand, a name and an end, nothing is left blank', async () => {
  const { mail } = await sendOne({}, {})
  expect(mail.text).toStartWith('Hello,\n\nThank you for choosing Default product.')
  expect(mail.text).not.toContain('Valid until')
  expect(mail.text).not.toContain('support')
  expect(mail.text).toEndWith('\n\nDefault product\n')
  expect(mail.text).not.toMatch(/\n\n\n|undefined|null|\{\{/)
  expect(mail.html || '').not.toMatch(/<img|href|undefined|null|\{\{/)
})

test('templates: a replaced text is sent without our HTML', async () => {
  const { mail, license } = await sendWith({
    'key.txt': 'Subject: Clé pour {{product}}\n\n{{customer_name}}: {{key}} ({{expires_at}})\n',
  })
  expect(mail.subject).toBe('Clé pour Default product')
  expect(mail.text).toBe(`Ada <i>Lovelace</i>: ${license.key} (2027-03-06T00:00:00Z)\n`)
  expect(mail.html).toBe(false)
})

test('templates: replaced HTML is sent with the text, and its values are escaped', async () => {
  const { mail, license } = await sendWith({ 'key.html': '<p>{{customer_name}} {{key}}</p>' })
  expect(mail.html).toBe(`<p>Ada &lt;i&gt;Lovelace&lt;/i&gt; ${license.key}</p>`)
  expect(mail.text).toContain(license.key)
})

test('templates: our HTML loads nothing, and follows a dark color scheme', () => {
  for (const [name, text] of Object.entries(builtInTemplates)) {
    if (!name.endsWith('.html')) continue
    expect(text, name).toContain('color-scheme: light dark')
    expect(text, name).not.toMatch(/https?:|url\(|@import|<script|<link/)
  }
})

test.each([
  'Visit https://prize.example/now',
  'You won: prize.example',
  'Write to ada@prize.example',
])('templates: a buyer cannot send a link to a stranger by the name %p', async (customer_name) => {
  const { raw, mail } = await sendOne({}, { ...order, customer_name })
  expect(raw).not.toContain('prize')
  expect(mail.text).toStartWith('Hello,')
})

test.each(['J. R. R. Tolkien', 'Novo A/S', 'Acme Inc.'])(
  'templates: the name %p is in the mail',
  async (customer_name) => {
    const { mail } = await sendOne({}, { ...order, customer_name })
    expect(mail.text).toStartWith(`Hello ${customer_name},`)
  },
)
