/** Turns a code into words: `DOMAIN_LIMIT_REACHED` is "Domain limit reached". Works for new codes too. */
export function toWords(code: string): string {
  const words = code.toLowerCase().replace(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
