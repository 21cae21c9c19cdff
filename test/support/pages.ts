import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dir, '../..')

/** Reads a page of the documentation, such as `docs/api.md`. */
export const readPage = (path: string) => readFileSync(join(root, path), 'utf8')

/** Returns the blocks of a page that are meant to be pasted into a shell. */
export const blocksOf = (page: string) =>
  [...page.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block ?? '')

/** Returns all blocks of a page in the language of shells, also those that need something first. */
export const shellBlocksOf = (page: string) =>
  [...page.matchAll(/^ *```sh(?: \w+)*\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block ?? '')

/** Returns the first block of a page with this info string, such as `sh setup`, also one in a list. */
export const blockOf = (page: string, info: string) =>
  new RegExp(`^ *\`\`\`${info}\n([\\s\\S]*?)^ *\`\`\`$`, 'm').exec(page)?.[1] ?? ''

/** Lists the pages of the documentation, such as `docs/api.md`. */
export function listPages(): string[] {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']
  for (const name of readdirSync(join(root, 'docs'), { recursive: true })) {
    if (String(name).endsWith('.md')) pages.push(join('docs', String(name)))
  }
  return pages
}
