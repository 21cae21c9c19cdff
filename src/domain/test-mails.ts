/** Returns a test mail, which says why it has come. */
export function buildTestMail(brand: string | null): {
  readonly subject: string
  readonly text: string
} {
  const sender = brand === null ? 'Licet' : `Licet for ${brand}`
  return {
    subject: `Test email from ${sender}`,
    text: `This is a test email from ${sender}.

An operator has asked for it to check the mail settings. They work: emails to customers are sent in
the same way.
`,
  }
}
