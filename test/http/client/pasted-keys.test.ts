import { expect, test } from 'bun:test'
import vectors from '../../../sdks/conformance/vectors/keys.json'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const imported = '9f1c2d3e-1111-4222-8333-444455556666'

test('keys: a license is found by its key in every way in which people paste it', async () => {
  await using app = await openTestApp()
  const key = 'TO-04HM-ASW9-NF6Y-Y0CN'
  const { id } = await app.createLicense({ key })
  const pasted = vectors.reads_as.filter(({ canonical }) => canonical === key)
  expect(pasted.length).toBeGreaterThan(50)
  for (const { text } of pasted) {
    const { body } = await app.validate({ key: text })
    expect([text, body.license?.id]).toEqual([text, id])
    const found = await app.send('POST', '/api/v1/licenses/lookup', { key: text })
    if (!text.includes('\0')) expect([text, found.body.id]).toEqual([text, id])
  }
  const device = { key: `License key: “${key.replaceAll('-', '–')}”.`, fingerprint: 'f' }
  expect((await app.callAsClient('activate', device)).status).toBe(200)
})

test('keys: a mistyped key is reported as mistyped, however it was pasted', async () => {
  await using app = await openTestApp()
  for (const key of [
    'TO–14HM–ASW9–NF6Y–Y0CN',
    '“TO-14HM-ASW9-NF6Y-Y0CN”',
    'License key: TO-14HM-ASW9-NF6Y-Y0CN',
    'ＴＯ－１４ＨＭ－ＡＳＷ９－ＮＦ６Ｙ－Ｙ０ＣＮ',
  ]) {
    expect((await app.validate({ key })).body.error).toBe('LICENSE_KEY_MALFORMED')
  }
  for (const key of [imported, 'TO–04HM–ASW9–NF6Y–Y0CN', 'Ключ-лицензии-2026-№7']) {
    expect((await app.validate({ key })).body.error).toBe('LICENSE_NOT_FOUND')
  }
})

test('keys: an imported key is found with invisible characters, other dashes, quotes or a label around it', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ key: imported })
  for (const key of [
    `\ufeff ${imported}\u200b\r\n`,
    `\u202a${imported}\u202c`,
    imported.replaceAll('-', '-\u200b'),
    `“${imported}”,`,
    `License key: ${imported}.`,
    imported.replaceAll('-', '–'),
    `【${imported}】`,
  ]) {
    expect([key, (await app.validate({ key })).body.license?.id]).toEqual([key, id])
  }
  for (const key of [imported.toUpperCase(), `${imported}0`]) {
    expect((await app.validate({ key })).status).toBe(404)
  }
})

test('keys: an imported key in the shape of ours with wrong check symbols works however it is pasted', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ key: 'to-a3f2-b891-c4d7-eo52' })
  for (const key of [
    'TO A3F2 B891 C4D7 E052',
    '“TO–A3F2–B891–C4D7–E052”',
    'Key: toa3f2b891c4d7e052',
  ]) {
    expect([key, (await app.validate({ key })).body.license?.id]).toEqual([key, id])
  }
})

test('keys: signs inside an imported key count, so two keys that differ in them stay two keys', async () => {
  await using app = await openTestApp()
  const keys = [
    '(ABCDEFGHJKMNPQRSTV)',
    'ABCDEFGHJKMNPQRSTV-',
    '“ABCDEFGHJKMNPQRSTV”',
    'A:ABCDEFGHJKMNPQRSTV',
  ]
  const ids: string[] = []
  for (const key of keys) ids.push((await app.createLicense({ key })).id)
  for (const [index, key] of keys.entries()) {
    expect((await app.validate({ key })).body.license.id).toBe(ids[index])
  }
})

test('keys: an import with an invisible character gets 422 that names it and its position', async () => {
  await using app = await openTestApp()
  for (const [key, codePoint] of [
    [`${imported.slice(0, 8)}\u200b${imported.slice(8)}`, 'Character 9 is U+200B'],
    [`${imported}\u202c`, 'Character 37 is U+202C'],
    [`🔑${imported}\t${imported}`, 'Character 38 is U+0009'],
    ['TO-04HM-ASW9-NF6Y\u00ad-Y0CN', 'Character 18 is U+00AD'],
  ] as const) {
    const order = { plan: 'professional', customer_email: 'dev@example.com', key }
    const refused = await app.send('POST', '/api/v1/licenses', order)
    expectProblem(refused, 422, 'validation_failed', ['/key'])
    expect(refused.body.detail).toContain(codePoint)
  }
})
