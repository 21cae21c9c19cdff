import { expect, test } from 'bun:test'
import { printable } from '~/cli/table.ts'

test.each([
  ['an emoji of several people', '👨\u200d👩\u200d👧', '👨\u200d👩\u200d👧'],
  ['a Persian word', 'می\u200cخواهم', 'می\u200cخواهم'],
  ['a terminal escape sequence', 'Ada\u001b[31m', 'Ada?[31m'],
  ['a text direction override', '\u202eada', '?ada'],
])('printable: %s is shown as people see it', (_case, text, shown) => {
  expect(printable(text)).toBe(shown)
})
