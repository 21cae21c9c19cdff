import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readRecords } from '~/importing/read.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const directory = createScratchDirectory()

async function readAll(contents: string | Uint8Array, lists: readonly string[] = ['data']) {
  const path = join(directory, 'file')
  await Bun.write(path, contents)
  return await Array.fromAsync(readRecords(path, lists, () => {}))
}

const two = [
  { line: 2, record: { id: '1', name: 'Ada' } },
  { line: 3, record: { id: '2', name: 'Grace' } },
]

test.each([
  ['LF', 'id,name\n1,Ada\n2,Grace\n'],
  ['CRLF', 'id,name\r\n1,Ada\r\n2,Grace\r\n'],
  ['CR', 'id,name\r1,Ada\r2,Grace\r'],
  ['no end of the last line', 'id,name\n1,Ada\n2,Grace'],
  ['semicolons', 'id;name\n1;Ada\n2;Grace\n'],
  ['tabs', 'id\tname\n1\tAda\n2\tGrace\n'],
  ['a byte order mark', '\ufeffid,name\n1,Ada\n2,Grace\n'],
  ['quotes', '"id","name"\n"1","Ada"\n"2","Grace"\n'],
  ['blanks around headers', ' id , name \n1,Ada\n2,Grace\n'],
  ['empty cells at the end', 'id,name\n1,Ada,,\n2,Grace,\n'],
])('reading: a CSV file may have %s', async (_what, text) => {
  expect(await readAll(text)).toEqual(two)
})

test('reading: a CSV file in UTF-16 with a byte order mark is read', async () => {
  expect(await readAll(Buffer.from('\ufeffid,name\n1,Ada\n2,Grace\n', 'utf16le'))).toEqual(two)
})

test.each([
  ['a separator', '"a,b"', 'a,b'],
  ['a line break', '"a\r\nb"', 'a\r\nb'],
  ['doubled quotes', '"say ""hi"""', 'say "hi"'],
  ['a quote in the middle', '5" disk', '5" disk'],
  ['text after a closing quote', '"Bob" Smith', 'Bob Smith'],
  ['nothing', '""', ''],
  ['only a doubled quote', '""""', '"'],
])('reading: a cell may contain %s', async (_what, cell, value) => {
  expect(await readAll(`id,name\n1,${cell}\n2,Grace\n`)).toEqual([
    { line: 2, record: { id: '1', name: value } },
    { line: value.includes('\n') ? 4 : 3, record: { id: '2', name: 'Grace' } },
  ])
})

test('reading: lines are those of the file, also after blank lines and cells with line breaks', async () => {
  const records = await readAll('id,name\n\n1,"a\n\nb"\n,\n2,Grace\n')
  expect(records.map(({ line }) => line)).toEqual([3, 7])
})

test('reading: a row with more cells than columns is refused, and the next one is read', async () => {
  const [first, second] = await readAll('id,name\n1,Ada,Lovelace\n2,Grace\n')
  expect(first).toEqual({ line: 2, flaw: expect.stringContaining('3 cells') })
  expect(second).toEqual({ line: 3, record: { id: '2', name: 'Grace' } })
})

test('reading: a row with fewer cells than columns has empty ones', async () => {
  expect(await readAll('id,name\n1\n')).toEqual([{ line: 2, record: { id: '1', name: '' } }])
})

test('reading: a quote that is never closed is reported with its line', async () => {
  const records = await readAll('id,name\n1,Ada\n2,"Grace\n3,Alan\n')
  expect(records).toEqual([
    { line: 2, record: { id: '1', name: 'Ada' } },
    { line: 3, flaw: 'A quote that begins here is never closed. Nothing after it was read.' },
  ])
})

test('reading: a row is read whole, wherever the parts of the file end', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `${index},"näme ${index}, ""x"""`)
  const records = await readAll(`id,name\r\n${rows.join('\r\n')}`)
  expect(records).toHaveLength(20_000)
  expect(records.at(-1)).toEqual({
    line: 20_001,
    record: { id: '19999', name: 'näme 19999, "x"' },
  })
})

test.each([
  ['a file in another encoding', Buffer.from('id,name\n1,G\xf6del\n', 'latin1'), 'not in UTF-8'],
  ['a header that never ends', '"id,name\n1,Ada\n', 'never closed'],
  ['two columns with one name', 'id,name,id\n1,Ada,2\n', 'two columns named id'],
])('reading: %s is refused as a whole', async (_what, contents, words) => {
  expect(readAll(contents)).rejects.toThrow(words)
})

const objects = [
  { id: 1, tags: ['a', { data: [] }] },
  { id: 2, note: '} "{[ \\' },
]

test.each([
  ['an array', JSON.stringify(objects, null, 2)],
  ['NDJSON', objects.map((each) => JSON.stringify(each)).join('\n')],
  ['a list in an object', JSON.stringify({ meta: { data: [{}] }, data: objects, links: [{}] })],
  [
    'pages that follow one another',
    objects.map((each) => JSON.stringify({ data: [each] })).join('\n'),
  ],
])('reading: a JSON file may be %s', async (_what, text) => {
  const records = await readAll(text)
  expect(records.map((each) => ('record' in each ? each.record : each.flaw))).toEqual(objects)
})

test('reading: objects of JSON are read whole, wherever the parts of the file end', async () => {
  const many = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `"näme" ${id}` }))
  const records = await readAll(JSON.stringify({ data: many }, null, 1))
  expect(records).toHaveLength(20_000)
  expect(records.at(-1)).toEqual({ line: 79_999, record: { id: 19_999, name: '"näme" 19999' } })
})

test.each([
  ['texts instead of objects', '["a", {"id": 1}]', [1, 'no object']],
  ['an end that is missing', '[{"id": 1},\n{"id": 2', [2, 'ends too early']],
  ['an object that is broken', '{"id": 1,}', [1, 'not valid JSON']],
] as const)('reading: %s are reported with their line', async (_what, text, [line, words]) => {
  expect((await readAll(text)).at(-1)).toEqual({ line, flaw: expect.stringContaining(words) })
})

test('reading: an empty file has no records', async () => {
  expect(await readAll('')).toEqual([])
  expect(await readAll('id,name\n')).toEqual([])
  expect(await readAll('[]')).toEqual([])
})

test('reading: a record that never ends is refused before it fills the memory', async () => {
  const rows = await readAll(`id,name\n1,"${'x\n'.repeat(2_000_000)}`)
  expect(rows).toEqual([{ line: 2, flaw: expect.stringContaining('never closed') }])
  const [object] = await readAll(`[{"id":"${'x'.repeat(4_000_000)}`)
  expect(object).toEqual({ line: 1, flaw: expect.stringContaining('too long') })
})
