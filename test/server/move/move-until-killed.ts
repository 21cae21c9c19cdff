import { openTargetDatabase } from '~/server/move/database.ts'
import { openSourceDirectory } from '~/server/move/directory.ts'
import { move } from '~/server/move/move.ts'
import { tables } from '~/server/move/tables.ts'

/** In the middle of a table, because its first batch has fewer rows. */
const WRITES = 30

const [directory, url] = process.argv.slice(2)
await using source = openSourceDirectory(directory ?? '', tables)
await using target = await openTargetDatabase({ url: url ?? '' }, tables)
let writes = 0
const write: typeof target.write = async (...args) => {
  writes += 1
  if (writes === WRITES) process.kill(process.pid, 'SIGKILL')
  await target.write(...args)
}
await move(source, { ...target, write }, () => undefined)
