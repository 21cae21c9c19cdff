import { assert } from '~/assert.ts'
import { readConfig } from '~/platform/config.ts'
import type { TestResponse } from './app.ts'
import { type Browser, openBrowser, type ServedApp, serveTestApp } from './browser.ts'
import {
  MAIL_FROM,
  type MailServer,
  type MailServerOptions,
  smtpUrlOf,
  startMailServer,
} from './mail-server.ts'

export const PORTAL = '/api/v1/portal'

/** A server with the portal, and a mail server beside it. */
export interface Portal extends ServedApp {
  readonly mailServer: MailServer
  /** Requests a code for an address that has licenses, and returns it once it has arrived. */
  requestCode(browser: Browser, email: string): Promise<string>
  /** Opens a browser whose customer has signed in. */
  enter(by: { readonly email: string } | { readonly key: string }): Promise<Browser>
  /** Returns the audit entries of customers, oldest first. */
  auditOfCustomers(): Promise<TestResponse['body']>
}

/** Opens the portal with these variables in addition to those of a mail server. */
export async function openPortal(
  env: Readonly<Record<string, string>> = {},
  mailOptions: MailServerOptions = {},
): Promise<Portal> {
  const mailServer = await startMailServer(mailOptions)
  const smtp = { LICET_SMTP_URL: smtpUrlOf(mailServer), LICET_MAIL_FROM: MAIL_FROM }
  const { config, secrets } = readConfig({ ...smtp, ...env }, false)
  const { dataDir: _dataDir, ...rest } = config
  const app = await serveTestApp(rest, secrets.smtp)

  async function requestCode(browser: Browser, email: string): Promise<string> {
    const listMails = () => mailServer.mails.filter(({ to }) => to.includes(email))
    const count = listMails().length
    const { status, text } = await browser.send('POST', `${PORTAL}/codes`, { email })
    assert(status === 202, `the code is requested: ${text}`)
    while (listMails().length === count) await mailServer.waitForMails(mailServer.mails.length + 1)
    return codeIn(listMails().at(-1)?.mail.text ?? '')
  }

  const close = async () => {
    await app.close()
    await mailServer[Symbol.asyncDispose]()
  }
  return {
    ...app,
    close,
    [Symbol.asyncDispose]: close,
    mailServer,
    requestCode,
    async enter(by) {
      const browser = openBrowser(app.url)
      const body = 'key' in by ? by : { code: await requestCode(browser, by.email) }
      const { status, text } = await browser.send('POST', `${PORTAL}/session`, body)
      assert(status === 201, `the customer signs in: ${text}`)
      return browser
    },
    async auditOfCustomers() {
      const { body } = await app.send('GET', '/api/v1/audit?actor=customer&limit=100')
      return body.data.reverse()
    },
  }
}

/** Returns the code in the text of an email. */
export function codeIn(text: string): string {
  return /^ {4}(\d{8})$/m.exec(text)?.[1] ?? ''
}
