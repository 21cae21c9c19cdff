/** Words of the API, and those of the command line in their place. */
const replacements: readonly (readonly [api: string, commandLine: string])[] = [
  ['Send days or expires_at', 'Use --days or --expires-at'],
  ['Set expires_at with PUT first', 'Give it an expiration through the API first'],
  ['this external_ref', 'this reference'],
  ['another external_ref', 'another reference'],
  ['an external_ref', 'a reference'],
  ['another customer_email', 'another email address'],
  ['the request asks for', 'the command asks for'],
  ['One request can', 'One command can'],
  ['Send fewer, or raise max_domains', 'Use fewer, or raise --max-domains'],
  ['Send fewer', 'Use fewer'],
  ['Send a valid', 'Use a valid'],
  ['; null for none', ''],
]

/** Returns a message of the API in the words of the command line. */
export function toCommandWords(message: string): string {
  return replacements.reduce((text, [api, words]) => text.replaceAll(api, words), message)
}
