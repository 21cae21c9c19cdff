import { expect, test } from 'bun:test'
import { buildCodeMail, codeLanguages, pickLanguage } from '~/domain/portal-code-mails.ts'

test.each([
  [null, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['de-CH', 'de'],
  ['FR-fr,fr;q=0.9,en;q=0.8', 'fr'],
  ['en;q=0.5, es-419;q=0.9', 'es'],
  ['it, pt;q=0.9', 'en'],
  ['it, ja;q=0.3', 'ja'],
  ['de;q=0, fr;q=0.1', 'fr'],
  ['*', 'en'],
  ['de;q=nonsense, es;q=0.2', 'es'],
  [';;;,,=', 'en'],
  ['x'.repeat(10_000), 'en'],
] as const)('code mail: Accept-Language %p gets %p', (header, language) => {
  expect(pickLanguage(header)).toBe(language)
})

test.each([...codeLanguages])(
  'code mail: in %p, the subject and the text have the code, the brand and the link',
  (languages) => {
    const link = 'https://licenses.example.com/portal#code=01234567'
    const mail = buildCodeMail({ code: '01234567', brand: 'Acme', link, languages })
    expect(mail.subject).toContain('01234567')
    expect(mail.subject).toContain('Acme')
    expect(mail.text).toContain('\n    01234567\n')
    expect(mail.text).toContain(`\n${link}\n`)
    expect(mail.text).toContain('10')
    expect(mail.text).toEndWith('\n\nAcme\n')
  },
)

test('code mail: without a brand and a public URL, nothing is left blank', () => {
  const { subject, text } = buildCodeMail({
    code: '01234567',
    brand: null,
    link: null,
    languages: null,
  })
  expect(subject).toBe('01234567 is your code')
  expect(text).not.toMatch(/null|undefined|\n\n\n|link/)
})
