import { expect, test } from 'bun:test'
import { ActivateOfflineBody, DeactivateOfflineBody } from '~/wire/offline.ts'
import { readPage } from '../support/pages.ts'

const page = readPage('docs/offline-page.html')

/** The names of the fields of a form, which the page sends to the route that has the ID of the form. */
function fieldsOf(form: string): string[] {
  const html = new RegExp(`<form id="${form}">(.*?)</form>`, 's').exec(page)?.[1] ?? ''
  return [...html.matchAll(/ name="(\w+)"/g)].map(([, name = '']) => name).sort()
}

test('docs/offline-page.html: its forms have the fields that their routes take', () => {
  expect(fieldsOf('activate')).toEqual(Object.keys(ActivateOfflineBody.properties).sort())
  expect(fieldsOf('deactivate')).toEqual(Object.keys(DeactivateOfflineBody.properties).sort())
})
