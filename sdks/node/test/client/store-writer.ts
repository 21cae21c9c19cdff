// Writes a record many times: the arguments are the directory, a letter and the number of writes.
import { createFileStore } from '../../src/node/file-store.ts'

const [directory = '', letter = '', writes = ''] = process.argv.slice(2)
const store = createFileStore(directory)
for (let count = 0; count < Number(writes); count += 1) {
  await store.put('licet-record', letter.repeat(100_000))
}
