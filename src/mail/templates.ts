import { type MailTemplates, parseTemplate, parseTextFile } from '~/domain/mail-templates.ts'
import type { MailKind } from '~/domain/mails.ts'

/** The HTML needs no resources from elsewhere, except the logo, and follows a dark color scheme. */
const page = (body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
  :root { color-scheme: light dark }
  body { margin: 0; padding: 24px; font: 16px/1.5 system-ui, -apple-system, sans-serif }
  main { max-width: 560px; margin: 0 auto; padding-top: 24px; border-top: 4px solid {{brand_color}} }
  .key { padding: 12px 16px; border: 1px solid #8886; border-radius: 6px; font: 18px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
  footer { margin-top: 32px; font-size: 14px; opacity: .75 }
</style>
</head>
<body>
<main>
{{#brand_logo}}
<p><img src="{{brand_logo}}" alt="{{brand}}" height="40"></p>
{{/brand_logo}}
<p>Hello{{#customer_name}} {{customer_name}}{{/customer_name}},</p>
${body}
<footer>
{{#support_url}}
<p>Do you have a question? <a href="{{support_url}}">Contact our support</a>.</p>
{{/support_url}}
<p>{{brand}}</p>
</footer>
</main>
</body>
</html>
`

const text = (subject: string, body: string) => `Subject: ${subject}

Hello{{#customer_name}} {{customer_name}}{{/customer_name}},

${body}

{{#support}}
Do you have a question? Contact our support: {{support}}

{{/support}}
{{brand}}
`

/** The templates that are used unless a file replaces them, by file name. */
export const builtInTemplates: Readonly<Record<`${MailKind}.${'txt' | 'html'}`, string>> = {
  'key.txt': text(
    'Your license key for {{product}}',
    `Thank you for choosing {{product}}. This is your license key:

    {{key}}

To activate {{product}}, start it, open the place where it asks for a license key, and paste the key.

Your plan: {{plan}}
{{#expires_on}}
Valid until: {{expires_on}}
{{/expires_on}}

{{#file_name}}
To use {{product}} without an internet connection, import the attached file {{file_name}} instead. It works
{{#file_expires_on}}until {{file_expires_on}}{{/file_expires_on}}{{^file_expires_on}}as long as your license{{/file_expires_on}}.

{{/file_name}}
Keep this email, so that you can find your key again.`,
  ),
  'key.html': page(`<p>Thank you for choosing {{product}}. This is your license key:</p>
<p class="key">{{key}}</p>
<p>To activate {{product}}, start it, open the place where it asks for a license key, and paste the key.</p>
<p>Your plan: {{plan}}{{#expires_on}}<br>Valid until: {{expires_on}}{{/expires_on}}</p>
{{#file_name}}
<p>To use {{product}} without an internet connection, import the attached file {{file_name}} instead. It works {{#file_expires_on}}until {{file_expires_on}}{{/file_expires_on}}{{^file_expires_on}}as long as your license{{/file_expires_on}}.</p>
{{/file_name}}
<p>Keep this email, so that you can find your key again.</p>`),
  'file.txt': text(
    'Your license file for {{product}}',
    `The attached file {{file_name}} is your license for {{product}} ({{plan}}).

To use {{product}} without an internet connection, save the file, then import it where {{product}} asks for a license.
{{#file_expires_on}}

It works until {{file_expires_on}}.
{{/file_expires_on}}`,
  ),
  'file.html':
    page(`<p>The attached file {{file_name}} is your license for {{product}} ({{plan}}).</p>
<p>To use {{product}} without an internet connection, save the file, then import it where {{product}} asks for a license.</p>
{{#file_expires_on}}
<p>It works until <strong>{{file_expires_on}}</strong>.</p>
{{/file_expires_on}}`),
  'expiring.txt': text(
    'Your license for {{product}} expires on {{expires_on}}',
    `Your license for {{product}} ({{plan}}) expires on {{expires_on}}.

It is the license with this key:

    {{key}}

Renew it before then to keep using {{product}}.`,
  ),
  'expiring.html':
    page(`<p>Your license for {{product}} ({{plan}}) expires on <strong>{{expires_on}}</strong>.</p>
<p>It is the license with this key:</p>
<p class="key">{{key}}</p>
<p>Renew it before then to keep using {{product}}.</p>`),
  'past_due.txt': text(
    'A payment for {{product}} has failed',
    `We could not collect the payment for your license for {{product}} ({{plan}}).

Please update your payment method. Your license stays the same, and works as before once the payment
has succeeded.`,
  ),
  'past_due.html':
    page(`<p>We could not collect the payment for your license for {{product}} ({{plan}}).</p>
<p>Please update your payment method. Your license stays the same, and works as before once the payment has succeeded.</p>`),
}

/**
 * Returns the templates, of which `replaced` replaces files. A replaced text without a replaced HTML
 * file is sent alone: most people would see our HTML instead of it.
 */
export function buildTemplates(replaced: Readonly<Record<string, string>>): MailTemplates {
  const build = (kind: MailKind) => {
    const ownText = replaced[`${kind}.txt`]
    const ownHtml = replaced[`${kind}.html`]
    const html = ownHtml ?? (ownText === undefined ? builtInTemplates[`${kind}.html`] : null)
    return {
      ...parseTextFile(ownText ?? builtInTemplates[`${kind}.txt`]),
      html: html === null ? null : parseTemplate(html),
    }
  }
  return {
    key: build('key'),
    file: build('file'),
    expiring: build('expiring'),
    past_due: build('past_due'),
  }
}
