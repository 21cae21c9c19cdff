import { type Command, Option } from 'commander'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { formatEmail } from '~/domain/emails.ts'
import { computeFileEnd } from '~/domain/file-issuance.ts'
import { type MailKind, mailKinds } from '~/domain/mails.ts'
import { buildMessage } from '~/mail/message.ts'
import { buildTemplates } from '~/mail/templates.ts'
import type { Settings } from '~/platform/config.ts'
import { findLicense } from './license-search.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { readArgument } from './stdin.ts'
import { printable } from './table.ts'

interface PreviewOptions {
  readonly kind: MailKind
  readonly html?: true
  readonly reveal?: true
}

export const addMail: AddCommand = (program, readSettings) => {
  const mail = program.command('mail').description('preview the emails to customers')
  addPreview(mail, readSettings)
}

function addPreview(mail: Command, readSettings: () => Settings): void {
  mail
    .command('preview')
    .description('show the email that a customer would get, without sending it')
    .argument('<license>', 'the id or the key of the license, or - to read it from standard input')
    .addOption(
      new Option('--kind <kind>', 'the purpose of the email').choices(mailKinds).default('key'),
    )
    .option('--html', 'print the HTML instead of the plain text')
    .option('--reveal', 'show the license key in full')
    .action((name: string, options: PreviewOptions) =>
      withRuntime(readSettings(), async (deps) => preview(deps, await readArgument(name), options)),
    )
}

async function preview(deps: Deps, name: string, { kind, html, reveal }: PreviewOptions) {
  const record = await findLicense(deps, name)
  const { license } = record
  const product = await deps.store.products.find(license.productSlug)
  assert(product !== null, 'a license has its product')
  const nowMs = deps.clock.nowMs()
  const expiresAtMs = computeFileEnd(record.plan, license.endsAtMs, null, nowMs)
  const file = kind === 'file' ? { text: '', expiresAtMs } : null
  const key = reveal ? deps.vault.open('license-key', license.keySealed) : license.keyMasked
  const template = buildTemplates(deps.config.mailTemplates)[kind]
  const to = license.customerEmail ?? ''
  const head = { messageId: '', to, atMs: nowMs }
  const message = buildMessage(deps.config, template, { ...record, product, key, file }, head)
  if (html) return printLine(message.html ?? 'This email has no HTML.')
  const from = message.from === '' ? 'LICET_MAIL_FROM is not set' : message.from
  printLine(printable(`From: ${message.fromName} <${from}>`))
  printLine(printable(`To: ${message.toName} <${formatEmail(to)}>`))
  printLine(printable(`Subject: ${message.subject}`))
  printLine(`\n${message.text}`)
}
