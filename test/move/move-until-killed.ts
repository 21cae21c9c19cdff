import { openTargetDatabase } from '~/move/database.ts'
import { openSourceDirectory } from '~/move/directory.ts'
import { mainTables } from '~/move/main-tables.ts'
import { move } from '~/move/move.ts'

/** In the middle of a table, because its first batch has fewer rows. */
const WRITES = 30

const [directory, url] = process.argv.slice(2)
await using source = openSourceDirectory(directory ?? '', mainTables)
await using target = await openTargetDatabase({ url: url ?? '' }, mainTables)
let writes = 0
const write: typeof target.write = async (...args) => {
  writes += 1
  if (writes === WRITES) process.kill(process.pid, 'SIGKILL')
  await target.write(...args)
}
await move(source, { ...target, write }, () => undefined)
