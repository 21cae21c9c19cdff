import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fillRoute, routes } from '../../src/admin/routes.ts'
import { version } from '../../src/version.ts'

const sdk = process.env.LICET_SDK_DIR ?? process.cwd()
const readJson = (path: string) => JSON.parse(readFileSync(join(sdk, path), 'utf8'))

test('every route of LicetAdmin is in the OpenAPI document, under its operation ID', () => {
  const { paths } = readJson('../../openapi.json')
  for (const [name, route] of Object.entries(routes)) {
    const [method = '', path = ''] = route.split(' ')
    assert.equal(paths[path]?.[method.toLowerCase()]?.operationId, name, route)
  }
})

test('the User-Agent has the version of the package', () => {
  assert.equal(version, readJson('package.json').version)
})

test('an ID is encoded, so that it stays one segment of the path', () => {
  assert.deepEqual(fillRoute('getLicense', ['a/b?c#d']), ['GET', '/api/v1/licenses/a%2Fb%3Fc%23d'])
})

test('an ID that would lead to another route is refused', () => {
  for (const id of ['', '.', '..']) assert.throws(() => fillRoute('getLicense', [id]), TypeError)
  assert.throws(() => fillRoute('deleteLicenseSeat', ['lic_1']), TypeError)
})
