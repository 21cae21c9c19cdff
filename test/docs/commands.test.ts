import { expect, test } from 'bun:test'
import type { Command } from 'commander'
import { buildProgram } from '~/cli/program.ts'
import { listPages, readPage } from '../support/pages.ts'

/** Returns each command in a page, in a block or in the text, without `licet`. */
const commandsIn = (page: string) =>
  [...page.matchAll(/^ {4}licet (.+)$|`licet ([^`]+)`/gm)].map(
    ([, block, inline]) => block ?? inline ?? '',
  )

/** Finds a command by its words; null if there is none. */
function find(parent: Command, [word, ...rest]: readonly string[]): Command | null {
  const command = parent.commands.find((each) => each.name() === word)
  if (command === undefined) return word === 'help' ? parent : null
  return command.commands.length === 0 || rest.length === 0 ? command : find(command, rest)
}

test('docs: every command exists, with the options that the page gives it', () => {
  const program = buildProgram()
  const commands = [...new Set(listPages().flatMap((page) => commandsIn(readPage(page))))]
  expect(commands.length).toBeGreaterThan(15)
  const wrong = commands.filter((text) => {
    const help = find(program, text.split(' '))?.helpInformation()
    const options = text.match(/--[\w-]+/g) ?? []
    return help === undefined || !options.every((option) => help.includes(option))
  })
  expect(wrong).toEqual([])
})
